import GRDB
import PostgresWire
import Testing

@testable import Tandem

/// Moments and patterns at the ends of what there is.
@Suite struct DatetimeBoundsTests {
    @Test func theLastMomentHasItsEpoch() throws {
        let date = try #require(DatetimeValue("294276-12-31"))
        #expect(try date.part("epoch") as? Double == 9_224_317_929_600)
        let moment = try #require(DatetimeValue("294276-12-31 23:59:59.999999-15:59:59"))
        #expect(try moment.part("epoch") as? Double == 9_224_318_073_598.999999)
    }

    @Test func aPatternIsCutIntoFieldsAndWhatIsBetween() {
        let field = DatetimePattern.Part.field("DD", written: "DD", fills: true, ordinal: nil)
        #expect(
            DatetimePattern("- \"DD\"\\\"DD.").parts == [.literal("- DD\""), field, .literal(".")])
        #expect(
            DatetimePattern(String(repeating: "-", count: 4_096)).parts == [
                .literal(String(repeating: "-", count: 4_096))
            ])
        #expect(DatetimePattern("").parts.isEmpty)
    }

    @Test(arguments: [
        "tandem_to_char('2026-11-26', $1)", "tandem_to_char(1, $1)", "tandem_to_date('1', $1)",
        "tandem_to_timestamp('1', $1)",
    ])
    func aPatternMayHaveSomeThousandBytes(_ call: String) throws {
        let queue = try DatabaseQueue()
        queue.inDatabase { database in
            CatalogFunctions.install(on: database) { false }
            let pattern = String(repeating: "-", count: 4_097)
            let error = #expect(throws: DatabaseError.self) {
                try String.fetchOne(database, sql: "SELECT \(call.replacing("$1", with: "'\(pattern)'"))")
            }
            #expect(error?.resultCode == .SQLITE_TOOBIG)
        }
    }

    /// Columns of timestamps may hold seconds or Julian days.
    @Test(arguments: [
        ("strftime('%s', '2026-01-02') - 0", "tandem_subtract(strftime('%s', '2026-01-02'), 0)"),
        ("100 - '40'", "tandem_subtract(100, '40')"), ("100.5 - '40'", "tandem_subtract(100.5, '40')"),
        ("'2.5' - 1", "tandem_subtract('2.5', 1)"), ("7 - 9", "tandem_subtract(7, 9)"),
        ("'2026-01-01'", "tandem_subtract('2026-01-02', 1)"),
    ])
    func whatIsWrittenLikeANumberIsOneBesideANumber(_ expected: String, _ call: String) throws {
        let queue = try DatabaseQueue()
        let isOne = try queue.inDatabase { database in
            CatalogFunctions.install(on: database) { false }
            return try Bool.fetchOne(database, sql: "SELECT \(call) IS \(expected)")
        }
        #expect(isOne == true)
    }

    /// It was looked at whole for each word of the pattern.
    @Test func aLongTextIsReadWordByWord() throws {
        let pattern = DatetimePattern(String(repeating: "DY", count: 2_000) + "YYYY")
        #expect(
            try pattern.moment(of: String(repeating: "Mon", count: 2_000) + "2026")
                == (try DatetimePattern("YYYY").moment(of: "2026")))
    }
}
