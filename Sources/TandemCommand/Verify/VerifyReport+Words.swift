import Foundation
import Tandem
import TandemReplication

extension VerifyReport {
    /// For people.
    var text: String {
        var lines = differences.map { difference in
            guard let table = difference.table else {
                return "\(difference.node) has another schema than \(reference): \(difference.found)"
            }
            return """
                table \(table) differs on \(difference.node): \(difference.range.words)
                  there: \(difference.found)
                  on \(reference): \(difference.expected)
                """
        }
        lines += damages.map { damage in
            "\(damage.node) is damaged\(damage.table.map { ", table \($0)" } ?? ""): \(damage.message)"
        }
        lines += delayed.map {
            "\($0) is delayed by choice: \(checksPages ? "its pages alone were" : "it was not") checked"
        }
        lines += missing.map { "\($0.node) was not compared: \($0.reason)" }
        lines.append(isSound ? soundness : "A replica is made anew by starting it once with --resync.")
        return lines.joined(separator: "\n")
    }

    private var soundness: String {
        let pages = checksPages ? ", and their pages are sound" : ""
        let amount = "\(tables) tables, \(rows) rows, \(ByteCount.words(bytes))"
        guard nodes.count > 1 else {
            return "\(reference) was compared with nobody\(checksPages ? "; its pages are sound" : "")"
        }
        return "\(nodes.map(\.description).joined(separator: ", ")) have the same at record \(index): \(amount)\(pages)"
    }

    /// For programs.
    func json() throws -> String {
        let object: [String: Any] = [
            "sound": isSound, "complete": missing.isEmpty, "index": index, "reference": reference.description,
            "nodes": nodes.map(\.description), "tables": tables, "rows": rows, "bytes": bytes,
            "pages_checked": checksPages, "differences": differences.map(\.object), "damages": damages.map(\.object),
            "delayed": delayed.map(\.description),
            "missing": missing.map { ["node": $0.node.description, "reason": $0.reason] },
        ]
        let data = try JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }
}

extension VerifyReport.Difference {
    fileprivate var object: [String: Any] {
        [
            "node": node.description, "table": table ?? NSNull() as Any, "after": range.after ?? NSNull() as Any,
            "through": range.through ?? NSNull() as Any, "found": found, "expected": expected,
        ]
    }
}

extension VerifyReport.Damage {
    fileprivate var object: [String: Any] {
        ["node": node.description, "table": table ?? NSNull() as Any, "message": message]
    }
}
