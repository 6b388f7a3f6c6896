import NIOCore
import PostgresWire

/// A literal with its type before it: `interval '1 day'`, `timestamp with time zone '2026-11-26 01:02:03+01'`.
struct DatetimeLiteral {
    var type: PostgresType
    /// The place of its string.
    var string: Int
    /// The unit behind an interval: `interval '1' day`.
    var unit: String?
    /// Its last token.
    var end: Int

    /// The type that a word names; nil if none of dates and times.
    static func type(named word: String) -> PostgresType? {
        switch word {
        case "interval": .interval
        case "date": .date
        case "time", "time without time zone": .time
        case "timestamp", "timestamp without time zone": .timestamp
        case "timestamptz", "timestamp with time zone": .timestamptz
        default: nil
        }
    }

    static let units: Set<String> = ["year", "month", "day", "hour", "minute", "second"]

    /// The text that SQLite keeps of such a value.
    ///
    /// - Throws: `PostgresError` (22007, 22008) where it is none.
    static func sql(_ text: String, _ type: PostgresType, unit: String? = nil) throws(PostgresError) -> String {
        if let special = special(text, type) { return special }
        let text = unit.map { "\(text) \($0)" } ?? text
        let value = try ParameterValue(decoding: ByteBuffer(string: text), type: type, format: .text)
        guard case .text(let bytes) = value else { return "'\(text)'" }
        return "'\(String(buffer: bytes))'"
    }

    /// PostgreSQL's words for moments (its manual, 8.5.1.4).
    private static func special(_ text: String, _ type: PostgresType) -> String? {
        guard type != .interval, type != .time else { return nil }
        let isDate = type == .date
        let modifiers = ["today": "", "tomorrow": ", '+1 day'", "yesterday": ", '-1 day'"]
        switch text.lowercased() {
        case "now": return isDate ? "date('now')" : "tandem_now(6)"
        case "epoch": return isDate ? "'1970-01-01'" : "'1970-01-01 00:00:00'"
        case let word:
            return modifiers[word].map { isDate ? "date('now'\($0))" : "datetime('now', 'start of day'\($0))" }
        }
    }
}

extension DialectRenderer {
    /// The literal that begins at a place; nil if none does.
    func datetimeLiteral(at place: Int) -> DatetimeLiteral? {
        guard tokens.indices.contains(place), tokens[place].kind == .word,
            var type = DatetimeLiteral.type(named: word(at: place))
        else { return nil }
        var next = place + 1
        if type != .date, word(at: next) == "(", let close = closing(next) { next = close + 1 }
        if [.time, .timestamp].contains(type), ["with", "without"].contains(word(at: next)),
            word(at: next + 1) == "time"
        {
            if word(at: next) == "with", type == .timestamp { type = .timestamptz }
            next += 3
        }
        guard tokens.indices.contains(next), tokens[next].kind == .string else { return nil }
        var literal = DatetimeLiteral(type: type, string: next, unit: nil, end: next)
        if type == .interval, DatetimeLiteral.units.contains(word(at: next + 1)),
            Double(WordCursor.unquoted(tokens[next].text)) != nil
        {
            literal.unit = word(at: next + 1)
            literal.end += 1
        }
        return literal
    }

    /// Writes the literal at the next place. Returns false if there is none.
    func datetimeLiteral(_ output: inout Output) throws(PostgresError) -> Bool {
        guard let literal = datetimeLiteral(at: output.place) else { return false }
        let text = WordCursor.unquoted(tokens[literal.string].text)
        let sql: String
        do throws(PostgresError) {
            sql = try DatetimeLiteral.sql(text, literal.type, unit: literal.unit)
        } catch {
            var error = error
            error.position = source.characterPosition(ofByte: tokens[literal.string].range.lowerBound)
            throw error
        }
        replace(through: literal.end, by: TranslatedSQL(sql), &output)
        output.last = DialectToken(.string, tokens[literal.end].range, sql)
        return true
    }

    /// `AT TIME ZONE 'UTC'` says nothing: all moments are in UTC. Returns false if it is something else.
    func timeZone(_ output: inout Output) throws(PostgresError) -> Bool {
        let place = output.place
        guard word(at: place) == "at", word(at: place + 1) == "time", word(at: place + 2) == "zone",
            isAfterOperand(output),
            place + 3 < output.end
        else { return false }
        let zone = tokens[place + 3]
        let isUTC =
            zone.kind == .string
            && ["utc", "gmt", "z", "etc/utc", "zulu", "+00", "+00:00"].contains(
                WordCursor.unquoted(zone.text).lowercased())
        guard isUTC else {
            throw PostgresError(
                code: .featureNotSupported, message: "AT TIME ZONE of other zones than UTC is not supported",
                hint: "Moments are kept and told in UTC: let the client turn them into its own zone.",
                position: source.characterPosition(ofByte: zone.range.lowerBound))
        }
        output.place = place + 4
        return true
    }
}
