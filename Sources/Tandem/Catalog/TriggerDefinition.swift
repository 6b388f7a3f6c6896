/// CREATE TRIGGER, as it was written.
struct TriggerDefinition {
    enum Timing: String {
        case before = "BEFORE"
        case after = "AFTER"
        case insteadOf = "INSTEAD OF"
    }

    enum Event: String {
        case insert = "INSERT"
        case delete = "DELETE"
        case update = "UPDATE"
    }

    let timing: Timing
    let event: Event
    /// What stands behind WHEN.
    let condition: String?

    /// Nil where it cannot be read.
    init?(_ sql: String) {
        let definition = DefinitionText(sql)
        let places = definition.tokens.indices
        guard let trigger = places.first(where: { definition.word($0) == "trigger" }) else { return nil }
        var place = trigger + (definition.word(trigger + 1) == "if" ? 4 : 1)
        place += definition.word(place + 1) == "." ? 3 : 1
        // Without a word it is BEFORE (SQLite's grammar, trigger_time).
        var timing = Timing.before
        switch definition.word(place) {
        case "before": break
        case "after": timing = .after
        case "instead":
            timing = .insteadOf
            place += 1
        default: place -= 1
        }
        // A name may be called as any of these words is.
        guard let event = Event(rawValue: definition.word(place + 1).uppercased()),
            let on = places.first(where: { $0 > place + 1 && definition.word($0) == "on" }),
            let begin = places.first(where: { $0 > on + 1 && Self.beginsStatements(at: $0, definition) })
        else { return nil }
        self.timing = timing
        self.event = event
        let when = (on + 2..<max(on + 2, begin)).first { definition.word($0) == "when" }
        condition = when.map { definition.text($0 + 1..<begin) }
    }

    private static func beginsStatements(at place: Int, _ definition: DefinitionText) -> Bool {
        definition.word(place) == "begin" && definition.word(place - 1) != "."
            && statements.contains(definition.word(place + 1))
    }

    private static let statements: Set = ["insert", "replace", "update", "delete", "select", "values", "with"]

    /// PostgreSQL's number of its kind (`pg_trigger.tgtype`): of each row, and when.
    var kind: Int {
        let timings: [Timing: Int] = [.before: 2, .after: 0, .insteadOf: 64]
        let events: [Event: Int] = [.insert: 4, .delete: 8, .update: 16]
        return 1 + (timings[timing] ?? 0) + (events[event] ?? 0)
    }

    var json: String {
        "{\"timing\":\"\(timing.rawValue)\",\"event\":\"\(event.rawValue)\",\"kind\":\(kind),"
            + "\"when\":\(condition.map(JSONText.string) ?? "null")}"
    }
}
