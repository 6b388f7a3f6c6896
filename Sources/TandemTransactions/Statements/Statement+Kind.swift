extension Statement {
    /// Whether it can only read: a query without functions of the program's own that write. Taken for reading what is not,
    /// at worst the server says so later.
    var isSurelyReading: Bool {
        switch firstWord {
        case "select", "values", "show", "explain", "table": true
        default: false
        }
    }

    /// Whether it may leave something on the connection that outlives its transaction: a setting, a temporary table.
    var mayChangeSession: Bool {
        switch firstWord {
        case "select", "values", "insert", "update", "delete", "with", "merge", "replace", "table", "show", "explain":
            false
        default: true
        }
    }

    /// The first word in lower case; empty where it does not begin with one.
    private var firstWord: String {
        guard case .text(let text)? = fragments.first else { return "" }
        let word = text.utf8.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }.prefix {
            ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A
        }
        return String(decoding: word.lazy.map { $0 | 0x20 }, as: UTF8.self)
    }
}
