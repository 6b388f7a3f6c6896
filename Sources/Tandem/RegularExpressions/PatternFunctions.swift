import GRDB

/// PostgreSQL's functions of regular expressions (its manual, 9.4 and 9.7.3). Places count code points from 1.
enum PatternFunctions {
    static let all = [
        function("regexp", 2...3) { call in
            // SQLite's operator REGEXP has the pattern before the text, and behind them what ESCAPE says.
            let pattern = try call.similarPattern()
            return try call.expression(pattern).matches(call.text(1)) ? 1 : 0
        },
        function("tandem_regexp_like", 2...3) { call in
            try call.expression(flags: try call.flags(2)).matches(call.text(0)) ? 1 : 0
        },
        function("tandem_regexp_count", 2...4) { call in
            let subject = try call.subject(flags: try call.flags(3))
            return try subject.matches(from: try call.position(2)).count
        },
        function("tandem_regexp_match", 2...3) { call in
            let flags = try call.flags(2)
            guard !flags.isGlobal else {
                throw RegularExpression.Invalid(reason: "regexp_match has no option \"g\": regexp_matches has")
            }
            let subject = try call.subject(flags: flags)
            return try subject.match(1, from: 0).map { ArrayText(elements: subject.parts($0)).json }
        },
        function("tandem_regexp_matches", 2...3) { call in
            let flags = try call.flags(2)
            let subject = try call.subject(flags: flags)
            let first = flags.isGlobal ? nil : try subject.match(1, from: 0)
            let matches = flags.isGlobal ? try subject.matches(from: 0) : [first].compactMap(\.self)
            return "[" + matches.map { ArrayText(elements: subject.parts($0)).json }.joined(separator: ",") + "]"
        },
        function("tandem_regexp_split", 2...3) { call in
            ArrayText(elements: try call.subject(flags: try call.flags(2)).split()).json
        },
        function("tandem_regexp_substring", 2...2) { call in
            let subject = try call.subject(flags: PatternFlags())
            return try subject.match(1, from: 0).flatMap { subject.parts($0)[0] }
        },
        function("tandem_regexp_substr", 2...6) { call in
            let subject = try call.subject(flags: try call.flags(4))
            guard let match = try subject.match(try call.number(3), from: try call.position(2)) else { return nil }
            let group = try call.number(5, default: 0, minimum: 0)
            if group == 0 { return subject.text[match.range] }
            guard group <= match.groups.count else { return nil }
            return match.groups[group - 1].map { subject.text[$0] }
        },
        function("tandem_regexp_replace", 3...6) { call in try call.replaced() },
    ]

    /// A function that is NULL where one of its arguments is.
    private static func function(
        _ name: String, _ arguments: ClosedRange<Int>,
        _ body: @escaping @Sendable (PatternCall) throws -> (any DatabaseValueConvertible)?
    ) -> DatabaseFunction {
        DatabaseFunction(name, pure: true) { values in
            guard arguments.contains(values.count) else {
                throw DatabaseError(message: "wrong number of arguments to function \(name)()")
            }
            guard !values.contains(where: \.isNull) else { return nil }
            do {
                return try body(PatternCall(values: values))
            } catch let error as RegularExpression.Invalid {
                throw DatabaseError(resultCode: .SQLITE_FORMAT, message: "invalid regular expression: \(error.reason)")
            }
        }
    }
}
