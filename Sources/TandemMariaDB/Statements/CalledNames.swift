/// The words of a text in small letters that stand before an opening bracket; an empty one for a name in quotes, or what
/// stands before a comment.
///
/// What stands in texts and comments counts as well: it is a guess on the safe side.
struct CalledNames: Sequence, IteratorProtocol {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    mutating func next() -> Substring? {
        while let bracket = rest.firstIndex(of: UInt8(ascii: "(")) {
            let before = rest[..<bracket]
            rest = rest[rest.index(after: bracket)...]
            guard let last = before.lastIndex(where: { $0 > 0x20 }) else { continue }
            if before[last] == UInt8(ascii: "`") || before[last] == UInt8(ascii: "\"") { return "" }
            if before[...last].suffix(2).elementsEqual("*/".utf8) { return "" }
            let outside = before[...last].lastIndex { !Self.isOfName($0) }
            let start = outside.map { before.index(after: $0) } ?? before.startIndex
            if start <= last { return Substring(before[start...last]) }
        }
        return nil
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$") || byte >= 0x80
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
