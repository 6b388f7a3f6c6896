import PostgresWire

/// What `pg_settings` tells of a setting besides its value.
struct SettingDescription {
    /// Who can change it, and when, by PostgreSQL's words.
    enum Context: String {
        /// Nobody.
        case `internal`
        /// Who starts the node.
        case postmaster
        /// In PostgreSQL whoever reloads its files; here nobody while the node runs.
        case sighup
        case user
    }

    let name: String
    /// PostgreSQL's word for what it is: bool, integer, enum, string.
    let type: String
    let unit: SettingUnit?
    let context: Context
    let minimum: String?
    let maximum: String?
    /// The words of an enum.
    let words: [String]
    let summary: String

    /// Whether it is the node's, and no session's.
    var isOfNode: Bool { Self.node[name] != nil }

    /// Why a session cannot set it, where it cannot.
    var refusal: PostgresError {
        let end =
            switch context {
            case .internal, .user: ""
            case .postmaster: " without restarting the server"
            case .sighup: " now"
            }
        return PostgresError(code: SQLState("55P02"), message: "parameter \"\(name)\" cannot be changed\(end)")
    }

    /// Those that administrators alone are shown.
    static let hidden: Set<String> = ["data_directory", "primary_conninfo"]

    static func hiddenRefusal(_ name: String) -> PostgresError {
        PostgresError(
            code: .insufficientPrivilege,
            message: "must be superuser or have privileges of pg_read_all_settings to examine \"\(name)\"")
    }

    /// Of all settings that there are, by name.
    static let all = session.merging(node) { first, _ in first }

    private static let session = read(sessionText)
    static let node = read(nodeText)

    private static func read(_ text: String) -> [String: SettingDescription] {
        let all = text.split(separator: "\n").map(SettingDescription.init(line:))
        return Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
    }

    /// Reads `name type unit context least most words: summary`; `-` for what there is not.
    private init(line: Substring) {
        let halves = line.split(separator: ":", maxSplits: 1)
        let fields = halves[0].split(separator: " ").map { $0 == "-" ? "" : String($0) }
        func field(_ number: Int) -> String? { fields[number].isEmpty ? nil : fields[number] }
        name = fields[0]
        type = fields[1]
        unit = field(2).flatMap(SettingUnit.init)
        context = Context(rawValue: fields[3]) ?? .internal
        minimum = field(4)
        maximum = field(5)
        words = (field(6) ?? "").split(separator: ",").map { String($0).replacing("~", with: " ") }
        summary = halves[1].drop { $0 == " " }.description
    }

    /// One that only the client knows.
    init(ofClient name: String) {
        self.name = name
        (type, unit, context, minimum, maximum, words) = ("string", nil, .user, nil, nil, [])
        summary = "The client's own."
    }

    /// A row of `pg_settings` as JSON.
    ///
    /// - Parameters:
    ///   - value: in its unit, or as SHOW tells it.
    ///   - start: what RESET makes of it.
    func json(_ value: String, start: String) -> String {
        let number = number(value)
        // What a session has set a text to need not be of its type.
        let isOfType = type != "integer" || number != nil
        return JSONText.object([
            ("name", name), ("setting", number ?? value), ("unit", isOfType ? unit?.rawValue : nil),
            ("short_desc", summary), ("context", context.rawValue), ("vartype", isOfType ? type : "string"),
            ("source", isOfNode ? "override" : value == start ? "default" : "session"), ("min_val", minimum),
            ("max_val", maximum),
            ("enumvals", words.isEmpty ? nil : JSONText.array(words.map(JSONText.string))),
            ("reset_val", self.number(start) ?? start),
        ])
    }

    private func number(_ value: String) -> String? {
        guard type == "integer" else { return nil }
        return (unit.map { $0.number(value) } ?? Int(value)).map { String($0) }
    }
}
