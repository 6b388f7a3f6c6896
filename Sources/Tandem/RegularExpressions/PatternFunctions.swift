import GRDB

/// PostgreSQL's functions of regular expressions (its manual, 9.4 and 9.7.3). Places count code points from 1.
enum PatternFunctions {
    /// - Parameter isStopped: whether the statement that calls them is to end.
    static func all(_ isStopped: @escaping @Sendable () -> Bool) -> [DatabaseFunction] {
        bodies.map { name, arguments, body in function(name, arguments, isStopped, body) }
    }

    private typealias Body = @Sendable (PatternCall) throws -> (any DatabaseValueConvertible)?

    private static let bodies: [(String, ClosedRange<Int>, Body)] = [
        // SQLite's operator REGEXP has the pattern before the text, and behind them what ESCAPE says.
        ("regexp", 2...3, { call in try call.isMatched() ? 1 : 0 }),
        (
            "tandem_regexp_like", 2...3,
            { call in
                var subject = try call.subject(flags: try call.flags(2))
                return try subject.isMatched() ? 1 : 0
            }
        ),
        (
            "tandem_regexp_count", 2...4,
            { call in
                var subject = try call.subject(flags: try call.flags(3))
                return try subject.matches(from: try call.position(2)).count
            }
        ),
        (
            "tandem_regexp_match", 2...3,
            { call in
                let flags = try call.flags(2)
                guard !flags.isGlobal else {
                    throw DatetimeError.invalid("regexp_match has no option \"g\": regexp_matches has")
                }
                var subject = try call.subject(flags: flags)
                return try subject.match(1, from: 0).map { ArrayText(elements: subject.parts($0)).json }
            }
        ),
        (
            "tandem_regexp_matches", 2...3,
            { call in
                let flags = try call.flags(2)
                var subject = try call.subject(flags: flags)
                let first = flags.isGlobal ? nil : try subject.match(1, from: 0)
                let matches = flags.isGlobal ? try subject.matches(from: 0) : [first].compactMap(\.self)
                return "[" + matches.map { ArrayText(elements: subject.parts($0)).json }.joined(separator: ",") + "]"
            }
        ),
        (
            "tandem_regexp_split", 2...3,
            { call in
                var subject = try call.subject(flags: try call.flags(2))
                return ArrayText(elements: try subject.split()).json
            }
        ),
        (
            "tandem_regexp_substring", 2...2,
            { call in
                var subject = try call.subject()
                return try subject.match(1, from: 0).flatMap { subject.parts($0)[0] }
            }
        ),
        ("tandem_regexp_substr", 2...6, { call in try call.substring() }),
        ("tandem_regexp_replace", 3...6, { call in try call.replaced() }),
    ]

    /// A function that is NULL where one of its arguments is.
    private static func function(
        _ name: String, _ arguments: ClosedRange<Int>, _ isStopped: @escaping @Sendable () -> Bool,
        _ body: @escaping Body
    ) -> DatabaseFunction {
        DatabaseFunction(name, pure: true) { values in
            guard arguments.contains(values.count) else {
                throw DatabaseError(message: "wrong number of arguments to function \(name)()")
            }
            guard !values.contains(where: \.isNull) else { return nil }
            do {
                return try body(PatternCall(values: values, work: FunctionWork(isStopped: isStopped)))
            } catch let error as RegularExpression.Invalid {
                throw DatabaseError(resultCode: .SQLITE_FORMAT, message: "invalid regular expression: \(error.reason)")
            } catch let ended as FunctionWork.Ended {
                throw ended.error("a regular expression takes too long on this text")
            }
        }
    }
}
