/// The flags of the functions of regular expressions (PostgreSQL's manual, table 9.24), as far as they are known here.
struct PatternFlags {
    private(set) var ignoresCase = false
    /// All matches, not the first alone.
    private(set) var isGlobal = false

    init() {}

    /// - Throws: `DatabaseError` for a flag that is not known.
    init(_ text: String) throws {
        for flag in text {
            switch flag {
            case "i": ignoresCase = true
            case "c": ignoresCase = false
            case "g": isGlobal = true
            // What is so in any case: newlines are ordinary characters, and the syntax is the usual one.
            case "s", "t": continue
            default:
                throw DatetimeError.invalid("the option \"\(flag)\" of regular expressions is not supported here")
            }
        }
    }
}
