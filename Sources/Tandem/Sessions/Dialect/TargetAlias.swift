/// The name that UPDATE or DELETE gives its table without AS, which SQLite wants there.
enum TargetAlias {
    /// Words behind the table that are no name of it. The last ones begin what follows in a trigger, or end it: semicolons
    /// are no tokens of a translation.
    static let others: Set<String> = [
        "as", "set", "where", "returning", "using", "order", "limit", "indexed", "not", "on",
        "select", "insert", "update", "delete", "replace", "with", "values", "end",
    ]
    /// What may stand behind the name in DELETE; in UPDATE it is SET.
    private static let following: Set<String> = ["", ";", ")", "where", "returning", "using", "order", "limit"]

    /// Where it stands; nil if there is none.
    ///
    /// - Parameters:
    ///   - verb: the place of a token, which may be UPDATE or DELETE.
    ///   - word: a token in lower case, a quoted name with its quotes; empty behind the ends.
    ///   - isName: whether a token is a word or a name in quotes.
    static func place(behind verb: Int, word: (Int) -> String, isName: (Int) -> Bool) -> Int? {
        let isUpdate = word(verb) == "update"
        guard isUpdate || word(verb) == "delete" && word(verb + 1) == "from" else { return nil }
        var table = isUpdate ? verb + 1 : verb + 2
        if word(table) == "only", isName(table + 1), !others.contains(word(table + 1)) { table += 1 }
        guard isName(table) else { return nil }
        while word(table + 1) == ".", isName(table + 2) { table += 2 }
        let alias = table + 1
        guard isName(alias), !others.contains(word(alias)) else { return nil }
        let isFollowed = isUpdate ? word(alias + 1) == "set" : following.contains(word(alias + 1))
        return isFollowed ? alias : nil
    }
}
