import Testing

@testable import TandemSQLite

@Suite struct WallClockTests {
    @Test(arguments: [
        (0, 0, "1970-01-01 00:00:00.000000"), (1_620_341_553, 123_456_789, "2021-05-06 22:52:33.123456"),
        (951_827_696, 999_999_999, "2000-02-29 12:34:56.999999"),
        (253_402_300_799, 1_000, "9999-12-31 23:59:59.000001"),
        (253_402_300_800, 0, "10000-01-01 00:00:00.000000"),
    ])
    func aMomentIsWrittenAsSQLHasIt(seconds: Int, nanoseconds: Int, text: String) {
        #expect(WallClock(seconds: seconds, nanoseconds: nanoseconds).text == text)
    }

    @Test(arguments: [
        (-1, "2021-05-06 22:52:33"), (0, "2021-05-06 22:52:33"), (1, "2021-05-06 22:52:33.9"),
        (3, "2021-05-06 22:52:33.987"), (6, "2021-05-06 22:52:33.987654"), (9, "2021-05-06 22:52:33.987654"),
    ])
    func aFractionIsCutOff(digits: Int, text: String) {
        #expect(WallClock(seconds: 1_620_341_553, nanoseconds: 987_654_999).text(digits: digits) == text)
    }

    @Test func theLongestTextHasRoom() {
        // The last year that the system can tell.
        let last = WallClock(seconds: 67_767_976_233_532_799, nanoseconds: 999_999_999).text
        #expect(last.hasPrefix("2147483647-12-31 ") && last.utf8.count <= WallClock.longestText)
    }
}
