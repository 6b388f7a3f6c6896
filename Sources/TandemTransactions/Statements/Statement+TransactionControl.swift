extension Statement {
    /// Whether it begins or ends a transaction, as COMMIT, ROLLBACK, BEGIN and their like do. A return to a savepoint does
    /// not, and neither does MariaDB's block of statements, BEGIN NOT ATOMIC.
    var controlsTransaction: Bool {
        guard mayChangeSession, case .text(let text)? = fragments.first else { return false }
        var words = LeadingWords(text)
        switch words.next() {
        case "commit", "end", "abort": return true
        case "begin": return words.next() != "not"
        case "start", "prepare": return words.next() == "transaction"
        case "rollback":
            var next = words.next()
            if next == "work" || next == "transaction" { next = words.next() }
            return next != "to"
        default: return false
        }
    }
}
