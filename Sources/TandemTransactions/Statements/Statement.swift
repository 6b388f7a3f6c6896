/// A SQL statement: text written in the program, and parameters that never become text.
///
/// ```swift
/// try await database.execute("UPDATE book SET title = \(title) WHERE id = \(id)")
/// ```
/// Each interpolated value is a parameter of the statement; a data source writes its engine's placeholders (`$1`, `?`)
/// where they stand. Use ``StringInterpolation/appendInterpolation(identifier:)`` for names and
/// ``StringInterpolation/appendInterpolation(raw:)`` for text that is SQL itself.
public struct Statement: Sendable, Hashable {
    /// A piece of a statement.
    public enum Fragment: Sendable, Hashable {
        /// SQL, as it stands.
        case text(String)
        /// A name, which is quoted as the engine does it.
        case identifier(String)
        /// A value, for which the engine's placeholder stands.
        case parameter(SQLValue)
    }

    /// The pieces in order.
    public let fragments: [Fragment]
    /// What the statement begins with, which is asked for several times on its way.
    let firstWord: FirstWord

    /// A statement without parameters.
    public init(_ sql: String) { self.init(fragments: [.text(sql)]) }

    /// A statement of these pieces, one after the other.
    public init(fragments: [Fragment]) {
        self.fragments = fragments
        firstWord = FirstWord(of: fragments)
    }

    /// The parameters in order.
    public var parameters: [SQLValue] {
        fragments.compactMap { if case .parameter(let value) = $0 { value } else { nil } }
    }

    /// The statement's text without the values of its parameters, for logs and messages.
    public var redacted: String { sql(in: .redacted) }

    /// The statement as `dialect` writes it.
    public func sql(in dialect: Dialect) -> String {
        // A constant statement, the common case, is not copied.
        if fragments.count == 1, case .text(let text) = fragments[0] { return text }
        var sql = ""
        var number = 0
        for fragment in fragments {
            switch fragment {
            case .text(let text): sql += text
            case .identifier(let name): sql += dialect.quoted(name)
            case .parameter:
                number += 1
                sql += dialect.placeholder(number)
            }
        }
        return sql
    }

    /// Both statements, one after the other.
    public static func + (first: Statement, second: Statement) -> Statement {
        Statement(fragments: first.fragments + second.fragments)
    }
}

extension Statement {
    /// How an engine writes placeholders and quotes names.
    public enum Dialect: Sendable, Hashable {
        /// `$1` and `"name"`: PostgreSQL, SQLite, Tandem.
        case numbered
        /// `?`, and names between backquotes: MariaDB.
        case questionMarks
        /// `…` and `"name"`: for people.
        case redacted

        func placeholder(_ number: Int) -> String {
            switch self {
            case .numbered: "$\(number)"
            case .questionMarks: "?"
            case .redacted: "…"
            }
        }

        func quoted(_ name: String) -> String {
            let quote = self == .questionMarks ? "`" : "\""
            return quote
                + name.split(separator: quote, omittingEmptySubsequences: false).joined(separator: quote + quote)
                + quote
        }
    }
}

extension Statement: ExpressibleByStringInterpolation {
    /// SQL without parameters.
    public init(stringLiteral value: String) { self.init(value) }

    /// SQL whose interpolated values are parameters.
    public init(stringInterpolation: StringInterpolation) { self.init(fragments: stringInterpolation.fragments) }

    /// The pieces of a statement that is written with `\(…)`: text, and parameters, which never become part of the text.
    public struct StringInterpolation: StringInterpolationProtocol {
        var fragments: [Fragment] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            fragments.reserveCapacity(2 * interpolationCount + 1)
        }

        public mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { fragments.append(.text(literal)) }
        }

        /// A parameter.
        public mutating func appendInterpolation(_ value: some SQLValueConvertible) {
            fragments.append(.parameter(value.sqlValue))
        }

        /// A parameter, NULL for nil.
        // The compiler warns of optionals in interpolations, unless they are asked for.
        public mutating func appendInterpolation<Value: SQLValueConvertible>(_ value: Value?) {
            fragments.append(.parameter(value.sqlValue))
        }

        /// Parameters with commas between them, as in `WHERE id IN (\(list: ids))`; NULL for none.
        public mutating func appendInterpolation(list values: some Collection<some SQLValueConvertible>) {
            if values.isEmpty { return fragments.append(.text("NULL")) }
            for (place, value) in values.enumerated() {
                if place > 0 { fragments.append(.text(", ")) }
                fragments.append(.parameter(value.sqlValue))
            }
        }

        /// Another statement with its parameters.
        public mutating func appendInterpolation(_ statement: Statement) {
            fragments.append(contentsOf: statement.fragments)
        }

        /// The name of a table or a column, quoted.
        public mutating func appendInterpolation(identifier: String) {
            fragments.append(.identifier(identifier))
        }

        /// Text that is SQL itself. Never give it what came from outside of the program.
        public mutating func appendInterpolation(raw: String) {
            fragments.append(.text(raw))
        }
    }
}
