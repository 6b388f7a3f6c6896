import PostgresWire

/// What a client's start-up packet asks to be set: parameters of their own, and the words of `options`.
///
/// The manual's "Message Formats", StartupMessage: any other parameter is a setting; `options` are words of a command
/// line, of which `-c name=value` and `--name=value` are known. In both dashes of a name stand for underscores, and a
/// backslash before a space keeps it from ending the word.
struct StartupSettings {
    private(set) var values: [(name: String, value: String)] = []

    /// Parameters that are no settings, or are told apart elsewhere.
    private static let others: Set<String> = ["user", "database", "replication", "options", "application_name"]

    init(_ parameters: [String: String]) throws(PostgresError) {
        var words = Self.words(parameters["options"] ?? "")[...]
        while let word = words.popFirst() {
            if word == "-c", let next = words.popFirst() {
                try add(next[...], word)
            } else if word.hasPrefix("-c") || word.hasPrefix("--") {
                try add(word.dropFirst(2), word)
            } else {
                throw Self.invalid(word)
            }
        }
        for (name, value) in parameters.sorted(by: { $0.key < $1.key })
        where !Self.others.contains(name) && !name.hasPrefix("_pq_.") {
            values.append((name, value))
        }
    }

    private mutating func add(_ setting: Substring, _ word: String) throws(PostgresError) {
        guard let equals = setting.firstIndex(of: "="), equals > setting.startIndex else { throw Self.invalid(word) }
        let name = String(setting[..<equals]).replacing("-", with: "_")
        values.append((name, String(setting[setting.index(after: equals)...])))
    }

    private static func words(_ options: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isEscaped = false
        for character in options {
            if isEscaped || !(character == "\\" || character.isWhitespace) {
                word.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if !word.isEmpty {
                words.append(word)
                word = ""
            }
        }
        return word.isEmpty ? words : words + [word]
    }

    private static func invalid(_ word: String) -> PostgresError {
        PostgresError(
            code: .syntaxError, message: "invalid command-line argument for server process: \(word)",
            hint: "Of the start-up parameter options, -c name=value and --name=value are known.")
    }
}
