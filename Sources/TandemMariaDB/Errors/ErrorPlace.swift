import CMariaDB

/// The table, column and constraint that a message of MariaDB's names, where its form is known.
struct ErrorPlace: Sendable, Hashable {
    var table: String?
    var column: String?
    var constraint: String?

    init(_ report: MariaDBFailure.Report) {
        let message = report.message
        switch Int32(bitPattern: report.number) {
        case ER_DUP_ENTRY, ER_DUP_ENTRY_WITH_KEY_NAME:
            constraint = message.firstMatch(of: /for key '([^']+)'$/).map { String($0.1) }
        case ER_BAD_NULL_ERROR, ER_NO_DEFAULT_FOR_FIELD, ER_BAD_FIELD_ERROR:
            column = message.firstMatch(of: /(?:Column|Field|column) '([^']+)'/).map { Self.last($0.1) }
        case ER_ROW_IS_REFERENCED_2, ER_NO_REFERENCED_ROW_2:
            let pattern = /\(`(?:[^`]+)`\.`([^`]+)`, CONSTRAINT `([^`]+)` FOREIGN KEY \(`([^`]+)`/
            guard let match = message.firstMatch(of: pattern) else { return }
            (table, constraint, column) = (String(match.1), String(match.2), String(match.3))
        case ER_CONSTRAINT_FAILED:
            guard let match = message.firstMatch(of: /CONSTRAINT `(.+)` failed for `[^`]+`\.`([^`]+)`/) else { return }
            (constraint, table) = (Self.last(match.1), String(match.2))
        case ER_WARN_DATA_OUT_OF_RANGE, ER_DATA_TOO_LONG, WARN_DATA_TRUNCATED:
            column = message.firstMatch(of: /for column '([^']+)'/).map { String($0.1) }
        case ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, ER_TRUNCATED_WRONG_VALUE:
            guard let match = message.firstMatch(of: /for column `[^`]*`\.`([^`]*)`\.`([^`]+)`/) else { return }
            (table, column) = (match.1.isEmpty ? nil : String(match.1), String(match.2))
        case ER_NO_SUCH_TABLE:
            table = message.firstMatch(of: /Table '[^'.]*\.?([^'.]+)' doesn't exist/).map { String($0.1) }
        default: break
        }
    }

    /// `title` of `b.title`
    private static func last(_ name: Substring) -> String {
        name.split(separator: ".").last.map(String.init) ?? String(name)
    }

    /// The message without the values that some messages quote.
    static func withoutValues(_ report: MariaDBFailure.Report) -> String {
        let message = report.message
        switch Int32(bitPattern: report.number) {
        case ER_DUP_ENTRY, ER_DUP_ENTRY_WITH_KEY_NAME:
            return message.replacing(
                /^Duplicate entry '.*' for key/.dotMatchesNewlines(), with: "Duplicate entry for key")
        case ER_TRUNCATED_WRONG_VALUE, ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, ER_WRONG_VALUE, ER_WRONG_VALUE_FOR_TYPE:
            return message.replacing(/value: '.*'( for column|$)/.dotMatchesNewlines()) { "value (not shown)\($0.1)" }
        case ER_DATA_OUT_OF_RANGE:
            return message.replacing(/\ in '.*'$/.dotMatchesNewlines(), with: "")
        default: return message
        }
    }
}
