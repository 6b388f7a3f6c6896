import CTandemSQLite
import Testing

@testable import TandemSQLite

/// The vectors of docs/LOG-FORMAT.md, "Content checksums".
@Suite struct RowHashTests {
    private enum Field {
        case null
        case integer(Int64)
        case real(Double)
        case text(String)
        case blob([UInt8])
    }

    private func hash(_ rowid: Int64?, _ fields: [Field], isReal: [UInt8]? = nil) -> UInt64 {
        var kept: [[UInt8]] = []
        var values: [ctandem_value] = []
        for field in fields {
            var value = ctandem_value()
            switch field {
            case .null: value.type = SQLITE_NULL
            case .integer(let number): (value.type, value.integer) = (SQLITE_INTEGER, number)
            case .real(let number): (value.type, value.real) = (SQLITE_FLOAT, number)
            case .text(let text): (value.type, value.count) = (SQLITE_TEXT, Int32(text.utf8.count))
            case .blob(let bytes): (value.type, value.count) = (SQLITE_BLOB, Int32(bytes.count))
            }
            switch field {
            case .text(let text): kept.append(Array(text.utf8))
            case .blob(let bytes): kept.append(bytes)
            default: kept.append([])
            }
            values.append(value)
        }
        let copies = kept.map { bytes in
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
            copy.copyBytes(from: bytes)
            return copy
        }
        defer { for copy in copies { copy.deallocate() } }
        for place in values.indices { values[place].bytes = UnsafeRawPointer(copies[place].baseAddress) }
        return RowHash.hash(
            rowid: rowid, values, isReal: isReal ?? Array(repeating: 0, count: fields.count), count: fields.count)
    }

    @Test func theVectorsOfTheFormatHold() {
        #expect(hash(7, [.text("INIT"), .integer(3), .null]) == 0xFE15_F649_5E2A_38FB)
        #expect(hash(nil, [.text("k"), .real(0.5), .blob([1, 2, 3])]) == 0xD24C_92DA_3EB5_0B74)
        #expect(hash(-1, [.text(""), .text("12345678"), .blob([])]) == 0x0207_E2D7_0D04_F0DA)
    }

    @Test func storageClassesAreToldApart() {
        let fields: [Field] = [
            .null, .integer(0), .integer(1), .real(0), .real(-0.0), .real(1), .text(""), .text("1"), .blob([]),
            .blob([0x31]),
            .blob([0x31, 0]),
        ]
        #expect(Set(fields.map { hash(1, [$0]) }).count == fields.count)
        #expect(hash(1, [.text("ab"), .text("c")]) != hash(1, [.text("a"), .text("bc")]))
        #expect(hash(1, []) != hash(2, []))
    }

    @Test func aWholeNumberInAColumnOfRealAffinityIsTheRealThatIsRead() {
        #expect(hash(1, [.integer(3)], isReal: [1]) == hash(1, [.real(3)]))
        #expect(hash(1, [.integer(3)], isReal: [0]) != hash(1, [.real(3)]))
    }

    @Test(arguments: [
        ("REAL", true), ("double precision", true), ("FLOAT", true), ("INT", false), ("FLOATING POINT", false),
        ("NUMERIC", false), ("TEXT", false), ("", false), ("CHARFLOAT", false), ("BLOB REAL", false),
    ])
    func affinityIsThatOfSQLite(_ type: String, _ isReal: Bool) {
        #expect(RowHash.isReal(declaredType: type) == isReal)
    }
}
