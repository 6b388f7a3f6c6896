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
