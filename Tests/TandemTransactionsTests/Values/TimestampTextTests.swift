import Foundation
import TandemTransactions
import Testing

@Suite struct TimestampTextTests {
    @Test(
        arguments: [
            ("1970-01-01", 0), ("1970-01-01 00:00", 0), ("1970-01-01T00:00:01Z", 1), ("1969-12-31 23:59:59", -1),
            ("2021-05-06 22:42:33", 1_620_340_953), ("2021-05-06T22:42:33.5", 1_620_340_953.5),
            ("2021-05-06 22:42:33.123456", 1_620_340_953.123456), ("2021-05-07 00:42:33+02", 1_620_340_953),
            ("2021-05-07 00:42:33+02:00", 1_620_340_953), ("2021-05-06 17:12:33-0530", 1_620_340_953),
            ("2000-02-29 00:00:00", 951_782_400), ("2000-03-01", 951_868_800), ("1900-03-01", -2_203_891_200),
            ("9999-12-31 23:59:59", 253_402_300_799), ("0001-01-01", -62_135_596_800),
        ] as [(String, Double)]) func textIsReadAsAMoment(text: String, seconds: Double)
    {
        #expect(TimestampText.date(text) == Date(timeIntervalSince1970: seconds))
    }

    @Test(arguments: [
        "", "2021", "2021-05", "2021-5-6", "2021-13-01", "2021-00-01", "2021-01-32", "2021-02-29", "2021-04-31",
        "2021-05-06 ", "2021-05-06 24:00",
        "2021-05-06 22:60", "2021-05-06 22:42:61", "2021-05-06 22:42:33.", "2021-05-06 22:42:33x",
        "2021-05-06 22:42:33+", "2021-05-06 22:42:33+2", "-2021-05-06", "２０２１-05-06", "infinity",
    ]) func otherTextIsNotOne(text: String) { #expect(TimestampText.date(text) == nil) }

    @Test(
        arguments: [
            (0, "1970-01-01 00:00:00"), (-1, "1969-12-31 23:59:59"), (1_620_340_953.5, "2021-05-06 22:42:33.5"),
            (1_620_340_953.123456, "2021-05-06 22:42:33.123456"), (-0.25, "1969-12-31 23:59:59.75"),
            (951_782_400, "2000-02-29 00:00:00"), (-62_135_596_800, "0001-01-01 00:00:00"),
            (.infinity, "infinity"), (-.infinity, "-infinity"), (.nan, "infinity"), (1e300, "infinity"),
            (1_620_340_953.9999999, "2021-05-06 22:42:34"),
        ] as [(Double, String)]) func aMomentIsWrittenInUTC(seconds: Double, text: String)
    {
        #expect(TimestampText.text(Date(timeIntervalSince1970: seconds)) == text)
    }

    /// In the centuries for which `Date` has microseconds.
    @Test func whatIsWrittenIsReadAgain() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let microseconds = Int64.random(in: -5_364_662_400_000_000...7_258_118_400_000_000, using: &generator)
            let date = Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
            let text = TimestampText.text(date)
            let read = TimestampText.date(text).map(TimestampText.text)
            #expect(read == text)
        }
    }
}
