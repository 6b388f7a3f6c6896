/// What PostgreSQL has and SQLite's grammar has not, and is not translated: it is refused with what to do instead, where
/// SQLite would only find a syntax error.
struct MissingFeature {
    var name: String
    var hint: String

    /// The words that ``at(_:_:)`` knows.
    static let words: Set<String> = [
        "insert", "update", "delete", "constraint", "include", "replace", "overriding",
    ]

    /// The one whose name the word at a place is; nil for all other words.
    ///
    /// - Parameter word: the statement's tokens in lower case; empty behind its ends.
    static func at(_ place: Int, _ word: (Int) -> String) -> MissingFeature? {
        switch word(place) {
        case "insert", "update", "delete":
            // WITH name AS [[NOT] MATERIALIZED] (…)
            guard word(place - 1) == "(", ["as", "materialized"].contains(word(place - 2)) else { return nil }
            return MissingFeature(
                name: "INSERT, UPDATE or DELETE within WITH",
                hint: "Run it before, with RETURNING, as a statement of its own in the same transaction.")
        case "constraint":
            guard word(place - 1) == "on", word(place - 2) == "conflict" else { return nil }
            return MissingFeature(
                name: "ON CONFLICT ON CONSTRAINT", hint: "Name the columns: ON CONFLICT (column, …) DO ….")
        case "include":
            guard word(place - 1) == ")", word(place + 1) == "(" else { return nil }
            return MissingFeature(
                name: "INCLUDE",
                hint: "Leave it out, or name its columns behind those of the index, if it is not unique.")
        case "overriding":
            guard word(place + 1) == "user", word(place + 2) == "value" else { return nil }
            return MissingFeature(name: "OVERRIDING USER VALUE", hint: "Leave the column out of the INSERT.")
        case "replace":
            let object = word(place + 1)
            guard word(place - 1) == "or", word(place - 2) == "create", ["view", "trigger"].contains(object) else {
                return nil
            }
            return MissingFeature(
                name: "CREATE OR REPLACE \(object.uppercased())",
                hint: "Say DROP \(object.uppercased()) IF EXISTS, and CREATE, in one transaction.")
        default: return nil
        }
    }
}
