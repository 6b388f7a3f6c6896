import Foundation
import GRDB

/// PostgreSQL's `format`, by which statements are put together: `%s`, `%I`, `%L`, with the numbers of their arguments
/// (`%2$L`), `-` and widths (its manual, 9.4.1). SQLite's own knows them not, and answers NULL.
struct FormatText {
    private enum Piece {
        case text(String)
        /// The number of its argument, from 1; nil for the next one.
        case argument(kind: Character, number: Int?, width: Int, isLeft: Bool)
    }

    /// All widths together are of this many characters at most.
    private static let maximumWidth = 1_000_000
    /// So many bytes the result may have: an argument may stand in it many times.
    private static let maximumLength = 256 << 20

    private let pieces: [Piece]

    /// Nil for a pattern that is SQLite's: one with other directives.
    init?(_ pattern: String) {
        var pieces: [Piece] = []
        var rest = pattern[...]
        var total = 0
        while let percent = rest.firstIndex(of: "%") {
            pieces.append(.text(String(rest[..<percent])))
            rest = rest[percent...].dropFirst()
            let digits = rest.prefix(while: \.isWholeNumber)
            var number: Int?
            if rest.dropFirst(digits.count).first == "$" {
                guard let given = Int(digits), given > 0 else { return nil }
                number = given
                rest = rest.dropFirst(digits.count + 1)
            }
            let isLeft = rest.first == "-"
            if isLeft { rest = rest.dropFirst() }
            let width = rest.prefix(while: \.isWholeNumber)
            rest = rest.dropFirst(width.count)
            guard let kind = rest.popFirst(), let columns = Int(width.isEmpty ? "0" : String(width)),
                columns <= Self.maximumWidth - total
            else { return nil }
            total += columns
            switch kind {
            case "%": pieces.append(.text("%"))
            case "s", "I", "L":
                pieces.append(.argument(kind: kind, number: number, width: columns, isLeft: isLeft))
            default: return nil
            }
        }
        self.pieces = pieces + [.text(String(rest))]
    }

    /// Whether it is one that SQLite's own function does not know.
    var isForeign: Bool {
        pieces.contains { piece in
            if case .argument(let kind, let number, _, _) = piece { return kind != "s" || number != nil }
            return false
        }
    }

    /// The pattern with values, which are nil for NULL.
    func text(_ values: [String?]) throws -> String {
        var result = ""
        var next = 1
        for piece in pieces {
            switch piece {
            case .text(let text): result += text
            case .argument(let kind, let number, let width, let isLeft):
                let place = number ?? next
                guard values.indices.contains(place - 1) else {
                    throw DatabaseError(resultCode: .SQLITE_FORMAT, message: "too few arguments for format()")
                }
                next = place + 1
                let value = try Self.text(kind, values[place - 1])
                let space = String(repeating: " ", count: max(0, width - value.unicodeScalars.count))
                result += isLeft ? value + space : space + value
                guard result.utf8.count <= Self.maximumLength else {
                    throw DatabaseError(resultCode: .SQLITE_TOOBIG, message: "the result of format() is too long")
                }
            }
        }
        return result
    }

    private static func text(_ kind: Character, _ value: String?) throws -> String {
        switch (kind, value) {
        case ("L", nil): return "NULL"
        case ("L", let value?):
            let quoted = "'" + value.replacing("'", with: "''").replacing("\\", with: "\\\\") + "'"
            return value.contains("\\") ? "E" + quoted : quoted
        case ("I", nil):
            throw DatabaseError(
                resultCode: .SQLITE_FORMAT, message: "null values cannot be formatted as an SQL identifier")
        case ("I", let value?): return QuotedName.text(value)
        default: return value ?? ""
        }
    }
}
