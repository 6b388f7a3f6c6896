import PostgresWire
import TandemSQLite

/// The words of PostgreSQL that clients take for granted and SQLite does not know, translated token by token.
///
/// What is inside of strings, quoted names and comments stays as it is. docs/CLIENTS.md has the table of what becomes
/// what; ``DialectFunctions`` and ``DialectCasts`` are the larger part of it.
enum Dialect {
    /// - Parameter places: what is known of the types in the statement; nothing, where its tables are not known.
    static func translate(
        _ source: String, _ tokens: ArraySlice<SQLToken>, _ places: TypedPlaces = TypedPlaces()
    ) throws(PostgresError) -> TranslatedSQL {
        guard !places.isEmpty || needsTranslation(source, tokens) else {
            let start = tokens[tokens.startIndex].range.lowerBound
            let text = source.bytes(start..<tokens[tokens.endIndex - 1].range.upperBound)
            return TranslatedSQL([TranslatedSQL.Piece(text: text, source: start)])
        }
        var renderer = DialectRenderer(source: source, tokens: DialectToken.all(source, tokens), places)
        var translated = try renderer.statement()
        translated.takesAdvisoryLocks = renderer.takesAdvisoryLocks
        guard !translated.isTooLong else { throw .tooDeep }
        return translated
    }

    /// Words that make it worth while to look closer; some mean something in some places only.
    private static let words: Set<String> = DialectFunctions.names
        .union(DialectFunctions.words.keys)
        .union([
            "pg_catalog", "information_schema", "public", "ilike", "any", "some", "all", "array",
            "for",
            "fetch", "offset", "truncate", "explain", "trim", "position", "substring", "extract", "date_part",
            "regclass",
            "regtype", "regproc", "regnamespace", "unnest", "generate_series", "array_agg", "serial", "bigserial",
            "smallserial", "serial4", "serial8", "serial2", "identity", "zone", "cascade", "restrict", "concurrently",
            "unlogged", "only", "lateral", "collate", "using", "tablespace", "fillfactor", "operator", "e", "index",
            "default", "union", "except", "intersect", "numeric", "decimal",
            "substring", "regexp_matches", "regexp_split_to_table", "similar", "overlaps", "nextval", "sequence",
            "interval", "timestamp", "timestamptz", "date", "time", "make_interval", "current_date", "overlay", "cast",
            "overriding", "format", "txid_current", "aclexplode",
        ])

    /// `(SELECT …)`, and `INSERT INTO name (columns) (SELECT …)`.
    private static func beginsWithParenthesis(_ source: String, _ tokens: ArraySlice<SQLToken>) -> Bool {
        guard let first = tokens.first else { return false }
        let word = source.bytes(first.range).lowercased()
        guard word == "insert" else { return word == "(" }
        var previous = ""
        for token in tokens.prefix(while: { $0.kind != .string && $0.kind != .parameter }) {
            let word = source.bytes(token.range).lowercased()
            if word == "values" { return false }
            if ["select", "with"].contains(word) { return previous == "(" }
            previous = word
        }
        return false
    }

    private static func needsTranslation(_ source: String, _ tokens: ArraySlice<SQLToken>) -> Bool {
        if beginsWithParenthesis(source, tokens) { return true }
        var isReturning = false
        var hasQuery = false
        var order = OrderByColumn()
        return tokens.indices.contains { place in
            let token = tokens[place]
            switch token.kind {
            case .word:
                let word = source.bytes(token.range).lowercased()
                let previous = self.word(place - 1, source, tokens)
                if order.finds(word, behind: previous)
                    || ["as", "."].contains(previous) && ReservedLabels.contains(word)
                {
                    return true
                }
                if word == "select" {
                    hasQuery = true
                    let words = { self.word($0, source, tokens) }
                    if DialectRenderer.mayNameColumns(place, words, tokens.startIndex..<tokens.endIndex) { return true }
                }
                if MissingFeature.words.contains(word),
                    MissingFeature.at(place, { self.word($0, source, tokens) }) != nil
                {
                    return true
                }
                switch word {
                // `(VALUES …) AS name (columns)`
                case "values": return self.word(place - 1, source, tokens) == "("
                case "table" where place == tokens.startIndex: return true
                case "create" where place == tokens.startIndex:
                    return DialectRenderer.filling(from: place) { self.word($0, source, tokens) } != nil
                // DROP TABLE a, b
                case "drop" where place == tokens.startIndex:
                    return tokens.contains { $0.kind == .symbol && source.bytes($0.range) == "," }
                case "update" where hasTargetAlias(place, source, tokens): return true
                case "delete" where hasTargetAlias(place, source, tokens): return true
                case _ where UnreservedNames.contains(word):
                    return place != tokens.startIndex && (word != "nothing" || previous != "do")
                case "returning":
                    isReturning = true
                    return false
                // INSERT INTO t SELECT … FROM s ON CONFLICT …
                case "conflict" where hasQuery: return true
                case "alter" where place == tokens.startIndex: return true
                case "distinct": return self.word(place + 1, source, tokens) == "on"
                default:
                    return words.contains(word) || word.hasPrefix("pg_")
                }
            case .quotedName:
                let name = source.bytes(token.range)
                let plain = WordCursor.unquoted(name).lowercased()
                if order.finds(plain, behind: self.word(place - 1, source, tokens)) { return true }
                return name.hasPrefix("[") || ["\"public\"", "\"pg_catalog\"", "\"information_schema\""].contains(name)
            case .symbol:
                let symbol = source.bytes(token.range)
                // `RETURNING a.column`
                return [":", "~", "->>"].contains(symbol) || symbol == "." && isReturning
                    || symbol == ")" && hasColumnAlias(place, source, tokens)
                    || symbol == "->" && word(place + 1, source, tokens) == "-"
            case .malformed: return ["!", "@", "#", "^"].contains(source.bytes(token.range))
            case .parameter: return source.bytes(token.range).contains("::")
            case .string, .blob, .number, .semicolon: return false
            }
        }
    }

    /// A token in lower case; empty behind the ends.
    private static func word(_ place: Int, _ source: String, _ tokens: ArraySlice<SQLToken>) -> String {
        tokens.indices.contains(place) ? source.bytes(tokens[place].range).lowercased() : ""
    }

    /// `UPDATE t a SET …`, `DELETE FROM t a …`
    private static func hasTargetAlias(_ verb: Int, _ source: String, _ tokens: ArraySlice<SQLToken>) -> Bool {
        let place = TargetAlias.place(behind: verb) {
            word($0, source, tokens)
        } isName: {
            tokens.indices.contains($0) && [.word, .quotedName].contains(tokens[$0].kind)
        }
        return place != nil
    }

    /// `(SELECT …) AS name (columns)`: whether it may stand behind this parenthesis.
    private static func hasColumnAlias(_ close: Int, _ source: String, _ tokens: ArraySlice<SQLToken>) -> Bool {
        let name = word(close + 1, source, tokens) == "as" ? close + 2 : close + 1
        guard tokens.indices.contains(name), [.word, .quotedName].contains(tokens[name].kind) else { return false }
        return word(name + 1, source, tokens) == "(" && !behindQuery.contains(word(name, source, tokens))
    }

    /// Words with a parenthesis behind them that may follow another one, and are no alias with its columns.
    static let behindQuery: Set<String> = [
        "values", "over", "filter", "in", "and", "or", "on", "using", "check", "references", "then",
    ]
}
