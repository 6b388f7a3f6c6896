import GRDB
import Testing

@testable import Tandem

/// Places and steps at the ends of the numbers.
@Suite struct TextBoundsTests {
    /// An accent is a code point of its own.
    @Test(arguments: [
        (1, 2, "ae"), (2, 2, "e\u{301}"), (3, 9, "\u{301}b"), (-1, 3, "a"), (0, 1, ""), (Int.max, 1, ""),
        (Int.min, 1, ""),
        (Int.min, 0, ""), (Int.min, Int.max, ""), (2, Int.max, "e\u{301}b"), (Int.max, Int.max, ""),
    ])
    func partsOfTextsAreCountedInCodePoints(_ start: Int, _ count: Int, _ part: String) throws {
        let found = try TextFunctions.substring(of: "ae\u{301}b", from: start, count)
        #expect(found.unicodeScalars.elementsEqual(part.unicodeScalars))
    }

    /// As PostgreSQL has them; texts of 0 to 12 bytes, and of more, take other ways.
    @Test(
        arguments: [
            ("", -1_477_818_771, -6_939_563_903_564_495_251, 2_755_504_096_093_790_112),
            ("a", 1_075_015_857, 3_591_986_179_850_072_241, 6_761_863_715_122_467_050),
            ("PostgreSQL", -1_696_465_276, -5_770_657_681_951_818_108, -1_225_464_925_675_805_177),
            ("migrations of this", -1_422_742_473, 8_551_836_705_948_347_447, 3_340_657_326_814_956_578),
        ] as [(String, Int32, Int64, Int64)])
    func textsAreHashedAsPostgreSQLDoes(_ text: String, _ short: Int32, _ long: Int64, _ seeded: Int64) {
        let hash = TextHash(Array(text.utf8))
        #expect(hash.short == short && hash.long == long)
        #expect(TextHash(Array(text.utf8), seed: 7).long == seeded)
    }

    /// The products of steps are beyond 64 bits where the sums are not.
    @Test(arguments: [
        (Int64.min, Int64.max, Int64(1) << 62, 4), (Int64.max, Int64.min, -(Int64(1) << 62), 4),
        (Int64.max, Int64.min, Int64.min, 2),
    ])
    func aSeriesGoesFromOneEndOfTheNumbersToTheOther(_ start: Int64, _ end: Int64, _ step: Int64, _ count: Int) throws {
        let text = try SeriesText.json([start.databaseValue, end.databaseValue, step.databaseValue])
        let numbers = text.dropFirst().dropLast().split(separator: ",").compactMap { Int64($0) }
        let last = try #require(numbers.last)
        #expect(numbers.count == count && numbers.first == start && (step < 0 ? last >= end : last <= end))
    }
}
