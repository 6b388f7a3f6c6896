import CPQ
import Foundation
import TandemTransactions

/// How values become parameters.
enum ParameterEncoding: Sendable {
    /// As text whose type the server infers from its place in the statement, so that an integer fits a column of any
    /// number type, and a moment one with or without a time zone. Bytes are declared and sent as they are.
    case inferred
    /// With the type that the value has here: Tandem, whose values carry their types themselves.
    case declared

    func list(_ values: [SQLValue]) throws -> ParameterList {
        values.isEmpty ? .none : ParameterList(try values.map(parameter))
    }

    private func parameter(_ value: SQLValue) throws -> ParameterList.Parameter {
        switch value {
        case .null: .init(type: 0, bytes: nil, isBinary: false)
        case .bytes(let data): .init(type: PostgresType.bytea, bytes: Array(data), isBinary: true)
        case .boolean(let flag): text(flag ? "true" : "false", PostgresType.bool)
        case .integer(let number): text(String(number), PostgresType.int8)
        case .real(let number): text(Self.text(number), PostgresType.float8)
        case .decimal(let number): text(number.isNaN ? "NaN" : number.description, PostgresType.numeric)
        case .text(let string): try checked(string)
        case .json(let document): try checked(document)
        case .uuid(let uuid): text(uuid.uuidString.lowercased(), PostgresType.text)
        case .timestamp(let date): text(timestamp(date), PostgresType.text)
        }
    }

    private func text(_ string: String, _ type: Oid) -> ParameterList.Parameter {
        var bytes = Array(string.utf8)
        bytes.append(0)
        return .init(type: self == .declared ? type : 0, bytes: bytes, isBinary: false)
    }

    private func checked(_ string: String) throws -> ParameterList.Parameter {
        guard !string.utf8.contains(0) else {
            throw DatabaseError(
                .invalidValue, "text with a NUL character cannot be a parameter; send such data as bytes",
                sqlState: "22021")
        }
        return text(string, PostgresType.text)
    }

    /// The distant past and future, which no server keeps as dates, are PostgreSQL's infinities.
    private func timestamp(_ date: Date) -> String {
        guard self == .inferred else { return TimestampText.text(date) }
        if date == .distantFuture { return "infinity" }
        if date == .distantPast { return "-infinity" }
        // A column without a time zone takes the clock as it stands, one with a zone needs the zone.
        return TimestampText.text(date) + "+00"
    }

    private static func text(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return number.description
    }
}
