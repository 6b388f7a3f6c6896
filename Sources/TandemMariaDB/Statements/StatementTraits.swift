import TandemTransactions

/// What a statement's words tell of it before it is run.
struct StatementTraits: Sendable, Hashable {
    /// Its first word in lower case, behind comments and brackets.
    let firstWord: String
    /// Whether it may leave something in the session for the next user: a setting, a variable, a temporary table, a
    /// lock. What a stored function does inside is not seen.
    let mayLeaveTraces: Bool
    /// Whether MariaDB commits the transaction before and behind it.
    let commitsImplicitly: Bool
    /// Whether running it twice does no more than running it once, as far as its words tell: a query that calls no
    /// function but MariaDB's common ones. A function of the database's own may write.
    let mayBeRepeated: Bool
    /// Whether it has a RETURNING, or a column of that name.
    let mentionsReturning: Bool

    private static let plain: Set = ["select", "insert", "update", "delete", "replace", "with", "values", "table"]
    private static let harmless: Set = ["show", "explain", "describe", "desc", "do", "savepoint", "release"]
    private static let committing: Set = [
        "create", "alter", "drop", "truncate", "rename", "grant", "revoke", "analyze", "optimize", "repair", "lock",
        "begin", "start", "flush", "install", "uninstall", "cache", "check",
    ]

    private static let queries: Set = ["select", "with", "values", "table", "show"]
    /// What may stand before a bracket in a query that only reads: words of the language, and common functions.
    private static let harmlessCalls = Set(
        """
        select from join on using where and or not in exists any all some as by having union except intersect values when
        then else case with recursive over partition between like limit interval distinct if is div mod xor char binary
        decimal count sum avg min max group_concat row_number rank dense_rank lag lead coalesce ifnull nullif cast convert
        concat concat_ws length char_length lower upper trim ltrim rtrim left right substring substr replace instr locate
        lpad rpad abs ceil ceiling floor round truncate greatest least now curdate curtime date time year month day hour
        minute second date_add date_sub datediff date_format timestampdiff unix_timestamp from_unixtime json_extract
        json_value json_object json_array json_unquote hex unhex md5 sha1 sha2
        """.split(whereSeparator: \.isWhitespace))

    /// - Complexity: O(length of the text). It is asked when a statement is prepared.
    init(_ sql: String) {
        let text = sql.lowercased()
        var words = LeadingWords(text)
        firstWord = words.next() ?? ""
        let isTemporary = text.contains("temporary")
        let isDefinition = Self.committing.contains(firstWord)
        commitsImplicitly = isDefinition && !(isTemporary && ["create", "drop"].contains(firstWord))
        let isKnown = Self.plain.contains(firstWord) || Self.harmless.contains(firstWord)
        mayLeaveTraces =
            !(isKnown || (isDefinition && !isTemporary && firstWord != "lock")) || text.contains("get_lock")
            || Self.namesVariable(text.utf8[...])
        mayBeRepeated =
            Self.queries.contains(firstWord) && !mayLeaveTraces
            && CalledNames(text).allSatisfy(Self.harmlessCalls.contains)
        mentionsReturning = text.contains("returning")
    }

    /// Whether it is one of the statements that are run again and again.
    var isWorthKeeping: Bool { Self.plain.contains(firstWord) }

    /// Whether it names a variable of the user's, `@name`; those of the system, `@@name`, it can only read.
    private static func namesVariable(_ text: Substring.UTF8View) -> Bool {
        var rest = text
        while let at = rest.firstIndex(of: UInt8(ascii: "@")) {
            let next = rest.index(after: at)
            guard next < rest.endIndex, rest[next] == UInt8(ascii: "@") else { return true }
            rest = rest[rest.index(after: next)...]
        }
        return false
    }
}
