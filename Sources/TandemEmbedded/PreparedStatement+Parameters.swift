import Foundation
import TandemSQLite
import TandemTransactions

extension PreparedStatement {
    /// Binds the parameters `$1`, `$2` … in the form in which clients over the wire and GRDB's records keep such values,
    /// too (docs/TRANSACTIONS.md, "Types").
    func bind(_ parameters: [SQLValue]) throws {
        guard parameters.count == highestParameterNumber else {
            throw DatabaseError(
                .invalidStatement,
                "\(parameters.count) parameters were given, but the statement has \(highestParameterNumber)",
                sqlState: "42P02")
        }
        for (place, value) in parameters.enumerated() {
            if let index = parameterIndex(number: place + 1) { try bind(value, at: index) }
        }
    }

    private func bind(_ value: SQLValue, at index: Int) throws {
        switch value {
        case .null: try bindNull(at: index)
        case .boolean(let value): try bind(Int64(value ? 1 : 0), at: index)
        case .integer(let value): try bind(value, at: index)
        case .real(let value):
            guard !value.isNaN else {
                throw DatabaseError(
                    .invalidValue, "NaN cannot be stored: SQLite has no NaN; use NULL instead", sqlState: "22003")
            }
            try bind(value, at: index)
        case .decimal(let value): try bind(value, at: index)
        case .text(let value), .json(let value): try bind(value, at: index)
        case .bytes(let value): try value.withUnsafeBytes { try bindBlob($0, at: index) }
        case .timestamp(let value): try bind(TimestampText.text(value), at: index)
        case .uuid(let value): try bind(value.uuidString.lowercased(), at: index)
        }
    }

    private func bind(_ text: String, at index: Int) throws {
        var text = text
        try text.withUTF8 { try bindText(UnsafeRawBufferPointer($0), at: index) }
    }

    /// A number where SQLite's numbers hold it exactly, so that it compares and sums as one; else its text.
    private func bind(_ value: Decimal, at index: Int) throws {
        let text = value.description
        guard !value.isNaN else {
            throw DatabaseError(
                .invalidValue, "NaN cannot be stored: SQLite has no NaN; use NULL instead", sqlState: "22003")
        }
        if let integer = Int64(text) { return try bind(integer, at: index) }
        let digits = text.utf8.lazy.filter { (48...57).contains($0) }.drop { $0 == 48 }.count
        if digits <= 15, let real = Double(text), real.isFinite { return try bind(real, at: index) }
        try bind(text, at: index)
    }
}
