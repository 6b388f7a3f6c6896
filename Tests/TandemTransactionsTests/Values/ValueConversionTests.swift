import Foundation
import TandemTransactions
import Testing

@Suite struct ValueConversionTests {
    @Test func integersAreReadOnlyWhereTheyFit() {
        #expect(Int8(sqlValue: .integer(127)) == 127)
        #expect(Int8(sqlValue: .integer(128)) == nil)
        #expect(UInt(sqlValue: .integer(-1)) == nil)
        #expect(Int(sqlValue: .real(2)) == 2)
        #expect(Int(sqlValue: .real(2.5)) == nil)
        #expect(Int(sqlValue: .null) == nil)
        #expect(UInt64(sqlValue: UInt64.max.sqlValue) == .max)
        #expect(UInt64(5).sqlValue == .integer(5))
    }

    @Test(
        arguments: [
            (SQLValue.boolean(true), true), (.integer(1), true), (.integer(0), false), (.text("t"), true),
            (.text("false"), false), (.integer(2), nil), (.text("yes"), nil), (.null, nil),
        ] as [(SQLValue, Bool?)]) func booleansAreReadFromWhatEnginesKeep(value: SQLValue, wanted: Bool?)
    {
        #expect(Bool(sqlValue: value) == wanted)
    }

    @Test func identifiersAreReadFromTextAndBytes() throws {
        let id = UUID()
        let bytes = withUnsafeBytes(of: id.uuid) { Data($0) }
        #expect(UUID(sqlValue: .uuid(id)) == id)
        #expect(UUID(sqlValue: .text(id.uuidString)) == id)
        #expect(UUID(sqlValue: .bytes(bytes)) == id)
        #expect(UUID(sqlValue: .bytes(bytes.dropLast())) == nil)
        #expect(UUID(sqlValue: .text("x")) == nil)
        // A slice does not begin at zero.
        #expect(UUID(sqlValue: .bytes((Data([0]) + bytes).dropFirst())) == id)
    }

    @Test func decimalsLoseNothing() throws {
        let price = try #require(Decimal(string: "12345678901234567890.123"))
        #expect(Decimal(sqlValue: price.sqlValue) == price)
        #expect(Decimal(sqlValue: .text("0.10")) == Decimal(string: "0.1"))
        #expect(String(sqlValue: .decimal(price)) == "12345678901234567890.123")
    }

    /// Infinity ended the process, NaN was a number, and of a text its beginning was read: "12 apples" as 12.
    @Test(
        arguments: [
            .real(.infinity), .real(-.infinity), .real(.nan), .real(1e300), .real(.leastNonzeroMagnitude),
            .text("12 apples"),
            .text("-Infinity"), .text("NaN"), .text(""), .text("-"), .text("1e"), .text("1,5"), .text(" 1"),
            .text("1e128"),
            .text(String(repeating: "1", count: 45)), .text("1." + String(repeating: "0", count: 40) + "1"),
        ] as [SQLValue]) func whatIsNoDecimalIsReadAsNone(value: SQLValue)
    {
        #expect(Decimal(sqlValue: value) == nil)
    }

    @Test(
        arguments: [
            (.text("-12.50"), "-12.5"), (.text("+1e3"), "1000"), (.text("12E-2"), "0.12"), (.text("-0"), "0"),
            (.text("007"), "7"), (.text("99999999999999999999999999999999999999"), String(repeating: "9", count: 38)),
            (.text("1" + String(repeating: "0", count: 50)), "1" + String(repeating: "0", count: 50)),
            (.text("12345678901234567890.12345"), "12345678901234567890.12345"), (.real(0.1), "0.1"),
            (.real(1e22), "1" + String(repeating: "0", count: 22)), (.real(-2.5), "-2.5"),
        ] as [(SQLValue, String)]) func whatIsADecimalIsReadExactly(value: SQLValue, wanted: String)
    {
        #expect(Decimal(sqlValue: value)?.description == wanted)
    }

    @Test func optionalsAreNullAndBack() {
        #expect(Int?.none.sqlValue == .null)
        #expect(Int?.some(3).sqlValue == .integer(3))
        #expect(Int?(sqlValue: .null) == .some(nil))
        #expect(Int?(sqlValue: .text("x")) == nil)
    }

    @Test func documentsTravelAsJSON() {
        let document = JSON(["a": 1])
        #expect(document.sqlValue == .json(#"{"a":1}"#))
        #expect(JSON<[String: Int]>(sqlValue: .text(#"{"a": 1}"#)) == document)
        #expect(JSON<[String: Int]>(sqlValue: .text("{")) == nil)
    }
}
