import TandemSQLite

/// The text of an object's definition as SQLite keeps it, cut into tokens.
struct DefinitionText {
    let text: String
    let tokens: [DialectToken]

    init(_ text: String) {
        var source = text
        self.text = text
        tokens = source.withUTF8 { DialectToken.all(text, Array(SQLTokenizer($0))[...]) }
    }

    func word(_ place: Int) -> String {
        tokens.indices.contains(place) && tokens[place].kind != .quotedName ? tokens[place].word : ""
    }

    /// A name, without quotes.
    func name(_ place: Int) -> String {
        tokens.indices.contains(place) ? WordCursor.unquotedName(tokens[place].text) : ""
    }

    /// The text from one token to before another.
    func text(_ range: Range<Int>) -> String {
        guard let first = range.first, let last = range.last, tokens.indices.contains(last) else { return "" }
        return text.bytes(tokens[first].range.lowerBound..<tokens[last].range.upperBound)
    }

    func closing(_ open: Int) -> Int? {
        var depth = 0
        for place in open..<max(open, tokens.endIndex) {
            if word(place) == "(" { depth += 1 }
            if word(place) == ")" {
                depth -= 1
                if depth == 0 { return place }
            }
        }
        return nil
    }

    /// The parts of a range that commas separate.
    func list(_ range: Range<Int>) -> [Range<Int>] {
        var depth = 0
        var start = range.lowerBound
        var parts: [Range<Int>] = []
        for place in range {
            switch word(place) {
            case "(": depth += 1
            case ")": depth -= 1
            case "," where depth == 0:
                parts.append(start..<place)
                start = place + 1
            default: continue
            }
        }
        return range.isEmpty ? [] : parts + [start..<range.upperBound]
    }
}

/// CREATE INDEX, as it was written.
struct IndexDefinition {
    /// What stands in the parentheses.
    let body: String
    /// The columns and expressions, without COLLATE, ASC and DESC.
    let columns: [String]
    let condition: String?

    /// Nil where it cannot be read.
    init?(_ sql: String) {
        let definition = DefinitionText(sql)
        guard let on = definition.tokens.indices.first(where: { definition.word($0) == "on" }),
            let open = definition.tokens.indices.first(where: { $0 > on && definition.word($0) == "(" }),
            let close = definition.closing(open)
        else { return nil }
        body = definition.text(open + 1..<close)
        columns = definition.list(open + 1..<close).map { range in
            var end = range.upperBound
            if ["asc", "desc"].contains(definition.word(end - 1)) { end -= 1 }
            if end - 2 > range.lowerBound, definition.word(end - 2) == "collate" { end -= 2 }
            return end == range.lowerBound + 1
                ? QuotedName.text(definition.name(range.lowerBound)) : definition.text(range.lowerBound..<end)
        }
        let isPartial = definition.word(close + 1) == "where"
        condition = isPartial ? definition.text(close + 2..<definition.tokens.endIndex) : nil
    }

    var json: String {
        let names = JSONText.array(columns.map(JSONText.string))
        let condition = condition.map(JSONText.string) ?? "null"
        return "{\"body\":\(JSONText.string(body)),\"columns\":\(names),\"where\":\(condition)}"
    }
}

/// CREATE VIEW, as it was written.
enum ViewDefinition {
    /// The query of a view.
    static func query(_ sql: String) -> String? {
        let definition = DefinitionText(sql)
        var depth = 0
        for place in definition.tokens.indices {
            switch definition.word(place) {
            case "(": depth += 1
            case ")": depth -= 1
            case "as" where depth == 0:
                return " " + definition.text(place + 1..<definition.tokens.endIndex) + ";"
            default: continue
            }
        }
        return nil
    }
}
