import Foundation
import Testing

/// Which of the single cases are tested here, and why the others are not: the decisions are those of docs/TRANSACTIONS.md.
enum CaseCoverage {
    static let tested: Set<String> = [
        "X01", "X02", "X03", "X04", "X05", "X06", "X07", "X08", "X09", "X10", "X11", "X12", "X13", "X14", "X15", "X16",
        "X17", "X18", "X19", "X20", "X21", "X22", "X23", "X24", "X25", "X26", "X27", "X28", "X29", "X30", "X31", "X32",
        "X33", "X34", "X35", "X36", "X37", "X40", "X41", "X43", "X45", "X49", "X50", "X51", "X52", "X53", "X54", "X61",
        "X69", "X70", "X71", "X72", "X73",
    ]

    static let elsewhere: [String: String] = [
        "X42": "decision 10: as X31", "X44": "decision 10: as X45", "X46": "decision 10", "X47": "decision 10",
        "X48": "decision 10", "X60": "decision 11", "X62": "decision 11", "X63": "decision 11", "X64": "decision 11",
    ]
}

extension AcceptanceTests {
    @Test func everySingleCaseIsTestedOrItIsSaidWhyNot() throws {
        let file = try #require(
            Bundle.module.url(forResource: "spring-single-cases", withExtension: "md", subdirectory: "Fixtures"))
        let cases = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("| X") }.map { String($0.dropFirst(2).prefix(3)) }
        #expect(Set(cases) == CaseCoverage.tested.union(CaseCoverage.elsewhere.keys))
        #expect(CaseCoverage.tested.isDisjoint(with: CaseCoverage.elsewhere.keys))
    }
}
