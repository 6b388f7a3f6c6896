import Foundation
import PostgresWire

/// A row of what a node says of itself, by the names of its columns.
struct StatusRow: Sendable {
    private let columns: [ColumnDescription]
    private let values: [String?]

    init(_ columns: [ColumnDescription], _ values: [String?]) {
        self.columns = columns
        self.values = values
    }

    /// Nil for NULL, and where there is no such column.
    subscript(name: String) -> String? {
        zip(columns, values).first { $0.0.name == name }?.1
    }

    /// For JSON: numbers as numbers, truth as truth, NULL as null.
    var object: [String: Any] {
        Dictionary(zip(columns, values).map { ($0.name, Self.json($1, $0.type)) }) { first, _ in first }
    }

    private static func json(_ text: String?, _ type: PostgresType) -> Any {
        guard let text else { return NSNull() }
        switch type {
        case .int8: return Int(text) ?? text
        case .float8: return Double(text) ?? text
        case .bool: return text == "t"
        default: return text
        }
    }
}
