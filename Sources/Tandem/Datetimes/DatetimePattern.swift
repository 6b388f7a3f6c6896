/// A pattern of `to_char`, `to_date` and `to_timestamp` (PostgreSQL's manual, table 9.27), cut into its parts.
struct DatetimePattern {
    enum Part: Equatable {
        /// A field by its name in capitals, as it was written, and its modifiers.
        case field(String, written: String, fills: Bool, ordinal: String?)
        case literal(String)
    }

    let parts: [Part]

    /// The longest first, so that none is taken for the beginning of another.
    private static let fields: [String] = [
        "SSSSS", "SSSS", "Y,YYY", "YYYY", "IYYY", "MONTH", "HH24", "HH12", "A.M.", "P.M.", "B.C.", "A.D.", "IDDD",
        "YYY",
        "IYY", "MON", "DAY", "DDD", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "TZH", "TZM", "HH", "MI", "SS", "MS",
        "US",
        "AM", "PM", "BC", "AD", "YY", "IY", "MM", "DD", "DY", "ID", "WW", "IW", "CC", "RM", "TZ", "OF", "Y", "I", "D",
        "W", "J", "Q",
    ]
    /// Fields that are words, whose case is that of the pattern; of the others the case says nothing.
    static let words: Set<String> = [
        "MONTH", "MON", "DAY", "DY", "AM", "PM", "A.M.", "P.M.", "BC", "AD", "B.C.", "A.D.", "RM", "TZ",
    ]

    /// - Complexity: O(length of the text).
    init(_ text: String) {
        var parts: [Part] = []
        var rest = text[...]
        /// What is no field, up to the next one.
        var between = ""
        while let first = rest.first {
            if first == "\"" {
                rest.removeFirst()
                between += Self.quoted(&rest)
                continue
            }
            if first == "\\", rest.dropFirst().first == "\"" {
                between.append("\"")
                rest = rest.dropFirst(2)
                continue
            }
            var behind = rest
            let fills = !(behind.prefix(2).uppercased() == "FM")
            if !fills { behind = behind.dropFirst(2) }
            if behind.prefix(2).uppercased() == "TM" { behind = behind.dropFirst(2) }
            let upper = behind.prefix(5).uppercased()
            guard let field = Self.fields.first(where: { upper.hasPrefix($0) }) else {
                // A modifier without a field says nothing.
                if !fills { rest = behind } else { between.append(rest.removeFirst()) }
                continue
            }
            if !between.isEmpty { parts.append(.literal(between)) }
            between = ""
            let written = String(behind.prefix(field.count))
            rest = behind.dropFirst(field.count)
            let suffix = String(rest.prefix(2))
            let ordinal = suffix == "th" || suffix == "TH" ? suffix : nil
            if ordinal != nil { rest = rest.dropFirst(2) }
            parts.append(.field(field, written: written, fills: fills, ordinal: ordinal))
        }
        if !between.isEmpty { parts.append(.literal(between)) }
        self.parts = parts
    }

    /// What stands up to the next quotation mark.
    private static func quoted(_ rest: inout Substring) -> String {
        var text = ""
        while let character = rest.popFirst(), character != "\"" {
            text.append(character == "\\" ? rest.popFirst() ?? character : character)
        }
        return text
    }

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    static let romans = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
}
