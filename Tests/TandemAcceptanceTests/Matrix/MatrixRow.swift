import Foundation
import Testing

/// A row of the acceptance table: a combination, and what was observed.
struct MatrixRow: Sendable, CustomTestStringConvertible {
    let id: String
    let propagation: String
    /// `none`, `ro` or `rw`.
    let outer: String
    /// `ro` or `rw`.
    let inner: String
    /// R: the inner call reads; W: it writes row 2 as well, and the outer row 1 after it; WB: the outer writes before.
    let does: String
    /// `ok`; `ic`: the inner throws, the outer catches; `iu`: it does not catch; `ot`: the outer throws last.
    let ends: String
    /// The columns that follow, by name.
    let observed: [String: String]

    var testDescription: String { id }

    /// All rows of the fixture.
    static let all: [MatrixRow] = {
        guard
            let file = Bundle.module.url(forResource: "spring-matrix", withExtension: "tsv", subdirectory: "Fixtures"),
            let text = try? String(contentsOf: file, encoding: .utf8)
        else { return [] }
        let lines = text.split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
        guard let names = lines.first else { return [] }
        return lines.dropFirst().map { MatrixRow(Dictionary(uniqueKeysWithValues: zip(names, $0))) }
    }()

    private init(_ fields: [String: String]) {
        func field(_ name: String) -> String { fields[name] ?? "" }
        id = field("id")
        propagation = field("propagation")
        outer = field("outer")
        inner = field("inner")
        does = field("does")
        ends = field("ends")
        observed = fields.filter { !["id", "propagation", "outer", "inner", "does", "ends"].contains($0.key) }
            .mapValues(Self.inOurWords)
    }

    /// Exceptions of Spring and of its driver as the codes that stand for them here.
    private static func inOurWords(_ text: String) -> String {
        let words = [
            ("IllegalTransactionStateException", "illegalTransactionState"),
            ("UnexpectedRollbackException", "unexpectedRollback"),
            ("UncategorizedSQLException[25006]", "readOnlyTransaction"),
            ("UncategorizedSQLException[25P02]", "transactionAborted"), ("InnerFailure", "InnerFailure"),
            ("OuterFailure", "OuterFailure"),
        ]
        return words.first { text.hasPrefix($0.0) }?.1 ?? text
    }
}
