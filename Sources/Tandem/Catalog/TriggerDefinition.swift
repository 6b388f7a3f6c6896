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
        guard let trigger = definition.tokens.indices.first(where: { definition.word($0) == "trigger" }),
            let begin = definition.tokens.indices.first(where: { $0 > trigger && definition.word($0) == "begin" })
        else { return nil }
        var place = trigger + (definition.word(trigger + 1) == "if" ? 4 : 1)
        place += definition.word(place + 1) == "." ? 3 : 1
        // Without a word it is AFTER.
        var timing = Timing.after
        switch definition.word(place) {
        case "before": timing = .before
        case "after": break
        case "instead":
            timing = .insteadOf
            place += 1
        default: place -= 1
        }
        guard let event = Event(rawValue: definition.word(place + 1).uppercased()) else { return nil }
        self.timing = timing
        self.event = event
        let when = (place..<begin).first { definition.word($0) == "when" }
        condition = when.map { definition.text($0 + 1..<begin) }
    }

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
