/// One line of standard input: `insert 64 3 0`, `update 64 3 100000`.
struct Request: Sendable {
    enum Kind: String { case insert, update }

    let kind: Kind
    /// How many tasks write at once.
    let tasks: Int
    let duration: Duration
    /// Of the table that is updated: ids from 1 to this.
    let rows: Int

    init?(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count == 4, let kind = Kind(rawValue: String(words[0])), let tasks = Int(words[1]), tasks > 0,
            let seconds = Double(words[2]), let rows = Int(words[3])
        else { return nil }
        self.kind = kind
        self.tasks = tasks
        self.duration = .seconds(seconds)
        self.rows = rows
    }
}
