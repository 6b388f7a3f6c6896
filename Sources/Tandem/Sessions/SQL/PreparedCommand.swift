import PostgresWire

/// PREPARE and EXECUTE as statements.
enum PreparedCommand: Sendable, Equatable {
    case prepare(name: String, query: String, types: [PostgresType])
    /// The arguments as text; nil for NULL.
    case execute(name: String, arguments: [String?])
}

extension PreparedCommand {
    /// Reads `PREPARE name [(type, …)] AS query`.
    static func prepare(parsing words: inout WordCursor) throws(PostgresError) -> PreparedCommand {
        words.advance()
        if words.peek == "transaction", !words.isFollowed(byAnyOf: ["as", "("]) { throw .twoPhasesAreNotSupported }
        let name = try words.name()
        var types: [PostgresType] = []
        if words.skip("(") {
            repeat {
                var type = try words.name()
                while let word = words.peek, word != ",", word != ")" {
                    type += word == "(" || type.hasSuffix("(") ? word : " \(word)"
                    words.advance()
                    if word == "(" { while let inner = words.next(), inner != ")" {} }
                }
                let known = PostgresType(cast: type.lowercased())
                types.append(type.lowercased() == "unknown" ? .unspecified : known)
            } while words.skip(",")
            guard words.skip(")") else { throw words.syntaxError() }
        }
        guard words.skip("as"), words.peek != nil else { throw words.syntaxError() }
        return .prepare(name: name, query: words.rest, types: types)
    }

    /// Reads `EXECUTE name [(value, …)]`; values are literals.
    static func execute(parsing words: inout WordCursor) throws(PostgresError) -> PreparedCommand {
        words.advance()
        let name = try words.name()
        var arguments: [String?] = []
        if words.skip("("), !words.skip(")") {
            repeat { arguments.append(try words.literal()) } while words.skip(",")
            guard words.skip(")") else { throw words.syntaxError() }
        }
        guard words.peek == nil else { throw words.syntaxError() }
        return .execute(name: name, arguments: arguments)
    }
}

extension WordCursor {
    /// A string, a number with its sign, TRUE, FALSE or NULL, with or without a cast.
    fileprivate mutating func literal() throws(PostgresError) -> String? {
        var value: String?
        if let string = string() {
            value = string
        } else {
            let sign = skip("-") ? "-" : ""
            guard isAtValue, let word = peek, sign.isEmpty || word.first?.isNumber == true,
                word.first?.isNumber == true || word.first == "." || ["null", "true", "false"].contains(word)
            else {
                throw PostgresError(
                    code: .featureNotSupported, message: "EXECUTE takes literals only", position: syntaxError().position
                )
            }
            advance()
            value = word == "null" ? nil : sign + word
        }
        if peek == ":" {
            while let word = peek, word != ",", word != ")" {
                advance()
                if word == "(" { while let inner = next(), inner != ")" {} }
            }
        }
        return value
    }
}
