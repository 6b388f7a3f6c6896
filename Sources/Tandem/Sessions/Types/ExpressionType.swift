import PostgresWire

/// What is known of an expression's type without running it.
enum ExpressionType: Equatable {
    case known(PostgresType)
    /// NULL, or a recursion into itself: it is of any type.
    case any
    case unknown

    var type: PostgresType? {
        if case .known(let type) = self { return type }
        return nil
    }

    var isDocument: Bool { type == .json || type == .jsonb }

    /// The type of a value that is either this or the other.
    func or(_ other: ExpressionType) -> ExpressionType {
        switch (self, other) {
        case (.any, _): return other
        case (_, .any): return self
        case (.known(let one), .known(let two)):
            if one == two { return self }
            if one.isInteger, two.isInteger { return .known(.int8) }
            if one.isNumber, two.isNumber { return .known(one == .numeric || two == .numeric ? .numeric : .float8) }
            return .unknown
        case (.unknown, _), (_, .unknown): return .unknown
        }
    }

    /// The type of what SQLite computes of this and the other by `+`, `-`, `*`, `/` or `%`.
    func computed(with other: ExpressionType) -> ExpressionType {
        guard case .known(let one) = self, case .known(let two) = other, one.isNumber, two.isNumber else {
            return self == .any && other == .any ? .any : self == .any || other == .any ? number(self, other) : .unknown
        }
        return or(other)
    }

    /// Something with NULL is NULL, or a recursion of the other's type.
    private func number(_ one: ExpressionType, _ two: ExpressionType) -> ExpressionType {
        let known = one.or(two)
        return known.type?.isNumber == true ? known : .unknown
    }
}
