/// Finds the ends of the lines of a text or CSV stream.
///
/// The rules are PostgreSQL's: lines end in LF, CR or CRLF, all in the same way; a backslash takes the meaning of what
/// follows in text, quotes that of line ends in CSV; a line `\.` ends the data.
struct CopyLineScanner {
    /// How the stream's lines end: as the first one does.
    private enum LineEnd {
        case unknown, newline, carriageReturn, both
    }

    /// What a look at the bytes that are there found.
    enum Found {
        /// The line goes on behind what is there.
        case incomplete
        /// A line of so many bytes, and so many bytes of its end.
        case line(length: Int, end: Int)
        case endOfData
    }

    private let isCSV: Bool
    private let quote: UInt8
    /// nil where it is the quote itself: then quotes are a toggle.
    private let escape: UInt8?

    /// How many bytes of the line have been looked at: none of them twice.
    private var scanned = 0
    private var isQuoted = false
    private var lastWasEscape = false
    private var hasBegun = false
    private var lineEnd = LineEnd.unknown
    /// The number of the current line, from 1; 0 before the first. Line ends within quotes count.
    private(set) var lineNumber = 0

    init(_ options: CopyOptions) {
        isCSV = options.format == .csv
        quote = options.quote
        escape = options.escape == options.quote ? nil : options.escape
    }

    /// The line that was found is done with: another one begins.
    mutating func begin() {
        scanned = 0
        isQuoted = false
        lastWasEscape = false
        hasBegun = false
    }

    /// Looks for the line's end in `bytes`, which begin with the line and only grow from call to call.
    mutating func scan(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws(PostgresError) -> Found {
        if !hasBegun, !bytes.isEmpty {
            hasBegun = true
            lineNumber += 1
        }
        while scanned < bytes.count {
            let byte = bytes[scanned]
            let next = scanned + 1 < bytes.count ? bytes[scanned + 1] : nil
            switch byte {
            case UInt8(ascii: "\n") where !isQuoted, UInt8(ascii: "\r") where !isQuoted:
                if byte == UInt8(ascii: "\r"), next == nil, !isLast { return .incomplete }
                return .line(length: scanned, end: try end(byte, next))
            case UInt8(ascii: "\\") where !isCSV || scanned == 0:
                guard next != nil || isLast else { return .incomplete }
                if next == UInt8(ascii: ".") {
                    // What follows tells whether it stands alone.
                    guard scanned + 2 < bytes.count || isLast else { return .incomplete }
                    if try isEndOfData(bytes) { return .endOfData }
                }
                if isCSV { lookAtQuotes(byte) } else if next != nil { scanned += 1 }
            default:
                if isCSV { lookAtQuotes(byte) }
            }
            scanned += 1
        }
        guard isLast else { return .incomplete }
        guard !isQuoted else { throw .copyFormat("unterminated CSV quoted field") }
        return .line(length: bytes.count, end: 0)
    }

    private mutating func lookAtQuotes(_ byte: UInt8) {
        // An escape counts within quotes only, right before a quote, and not if it is itself escaped.
        if isQuoted, byte == escape { lastWasEscape.toggle() }
        if byte == quote, !lastWasEscape { isQuoted.toggle() }
        if byte != escape { lastWasEscape = false }
        let counted = lineEnd == .carriageReturn ? UInt8(ascii: "\r") : UInt8(ascii: "\n")
        if isQuoted, byte == counted { lineNumber += 1 }
    }

    /// A line's end is here: how many bytes it has.
    private mutating func end(_ byte: UInt8, _ next: UInt8?) throws(PostgresError) -> Int {
        if byte == UInt8(ascii: "\n") {
            guard lineEnd == .unknown || lineEnd == .newline else { throw otherLineEnd("newline", "\\n") }
            lineEnd = .newline
            return 1
        }
        if next == UInt8(ascii: "\n"), lineEnd == .unknown || lineEnd == .both {
            lineEnd = .both
            return 2
        }
        guard lineEnd == .unknown || lineEnd == .carriageReturn else { throw otherLineEnd("carriage return", "\\r") }
        lineEnd = .carriageReturn
        return 1
    }

    private func otherLineEnd(_ name: String, _ escape: String) -> PostgresError {
        isCSV
            ? .copyFormat("unquoted \(name) found in data", hint: "Use quoted CSV field to represent \(name).")
            : .copyFormat("literal \(name) found in data", hint: "Use \"\(escape)\" to represent \(name).")
    }

    /// Whether the `\.` here stands alone on its line. In text nothing else may stand beside it, in CSV it is data then.
    private func isEndOfData(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> Bool {
        let behind = scanned + 2 < bytes.count ? bytes[scanned + 2] : nil
        let isAlone = scanned == 0 && (behind == nil || behind == UInt8(ascii: "\n") || behind == UInt8(ascii: "\r"))
        guard isAlone || isCSV else { throw .copyFormat("end-of-copy marker is not alone on its line") }
        return isAlone
    }
}

extension PostgresError {
    /// 22P04: the stream is not in the format that was said.
    static func copyFormat(_ message: String, hint: String? = nil) -> PostgresError {
        PostgresError(code: .badCopyFileFormat, message: message, hint: hint)
    }

    static func copyRowTooLong(_ maximum: Int) -> PostgresError {
        PostgresError(
            code: .programLimitExceeded, message: "a row of COPY's data is longer than \(maximum) bytes",
            hint: "Is a quote missing, or a line's end?")
    }
}
