/// Reads a JSON text (RFC 8259), level by level without calling itself.
struct JSONReader {
    typealias Node = JSONDocument.Node

    /// Arrays and objects may be nested so deep.
    static let maximumDepth = 500

    let text: [UInt8]
    private var place = 0
    private var nodes: [Node] = []
    /// The arrays and objects that have not been closed.
    private var open: [Int] = []
    private var expected = Expected.value

    private enum Expected {
        case value
        /// A value, or the end of an array.
        case element
        case key
        /// A key, or the end of an object.
        case firstKey
        /// A comma, or the end of an array or object.
        case separator
        case nothing
    }

    init(_ text: [UInt8]) { self.text = text }

    /// The document's values; nil for what is no JSON.
    mutating func read(_ work: inout FunctionWork) throws(FunctionWork.Ended) -> [Node]? {
        skipSpace()
        while expected != .nothing {
            try work.take()
            guard place < text.count, step(text[place]) else { return nil }
            skipSpace()
        }
        return place == text.count ? nodes : nil
    }

    private mutating func skipSpace() {
        while place < text.count {
            switch text[place] {
            case 0x20, 0x09, 0x0A, 0x0D: place += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard place < text.count, text[place] == byte else { return false }
        place += 1
        return true
    }

    private mutating func step(_ byte: UInt8) -> Bool {
        switch (expected, byte) {
        case (.element, UInt8(ascii: "]")), (.firstKey, UInt8(ascii: "}")): return close(byte)
        case (.separator, UInt8(ascii: "]")), (.separator, UInt8(ascii: "}")): return close(byte)
        case (.separator, UInt8(ascii: ",")):
            place += 1
            expected = open.last.map { nodes[$0].kind } == .object ? .key : .value
            return true
        case (.key, UInt8(ascii: "\"")), (.firstKey, UInt8(ascii: "\"")):
            guard string() else { return false }
            skipSpace()
            expected = .value
            return take(UInt8(ascii: ":"))
        case (.value, _), (.element, _): return value(byte)
        case (.separator, _), (.key, _), (.firstKey, _), (.nothing, _): return false
        }
    }

    private mutating func value(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "["): return begin(.array, .element)
        case UInt8(ascii: "{"): return begin(.object, .firstKey)
        case UInt8(ascii: "\""): return string() && end()
        case UInt8(ascii: "t"): return word("true", .boolean)
        case UInt8(ascii: "f"): return word("false", .boolean)
        case UInt8(ascii: "n"): return word("null", .null)
        default: return number() && end()
        }
    }

    /// Behind a value.
    private mutating func end() -> Bool {
        expected = open.isEmpty ? .nothing : .separator
        return true
    }

    private mutating func begin(_ kind: JSONDocument.Kind, _ next: Expected) -> Bool {
        guard open.count < Self.maximumDepth else { return false }
        open.append(nodes.count)
        nodes.append(Node(kind: kind, start: UInt32(place), end: 0, next: 0))
        place += 1
        expected = next
        return true
    }

    private mutating func close(_ byte: UInt8) -> Bool {
        guard let container = open.popLast(), (nodes[container].kind == .array) == (byte == UInt8(ascii: "]")) else {
            return false
        }
        place += 1
        nodes[container].end = UInt32(place)
        nodes[container].next = nodes.count
        return end()
    }

    private mutating func add(_ kind: JSONDocument.Kind, from start: Int) -> Bool {
        nodes.append(Node(kind: kind, start: UInt32(start), end: UInt32(place), next: nodes.count + 1))
        return true
    }

    private mutating func word(_ word: StaticString, _ kind: JSONDocument.Kind) -> Bool {
        let start = place
        for index in 0..<word.utf8CodeUnitCount where !take(word.utf8Start[index]) { return false }
        return add(kind, from: start) && end()
    }

    private mutating func digits() -> Bool {
        let start = place
        while place < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[place]) { place += 1 }
        return place > start
    }

    private mutating func number() -> Bool {
        let start = place
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { guard digits() else { return false } }
        if take(UInt8(ascii: ".")) { guard digits() else { return false } }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
            guard digits() else { return false }
        }
        return add(.number, from: start)
    }

    private mutating func string() -> Bool {
        let start = place
        place += 1
        while place < text.count {
            let byte = text[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return add(.string, from: start)
            case UInt8(ascii: "\\"): guard escape() else { return false }
            case 0..<0x20: return false
            default: continue
            }
        }
        return false
    }

    /// What stands behind a backslash.
    private mutating func escape() -> Bool {
        guard place < text.count else { return false }
        defer { place += 1 }
        guard text[place] == UInt8(ascii: "u") else { return "\"\\/bfnrt".utf8.contains(text[place]) }
        guard let first = codeUnit(place + 1), first != 0 else { return false }
        place += 4
        guard (0xD800..<0xE000).contains(first) else { return true }
        // Two halves of one character.
        guard first < 0xDC00, place + 2 < text.count, text[place + 1] == UInt8(ascii: "\\"),
            text[place + 2] == UInt8(ascii: "u"), let second = codeUnit(place + 3), (0xDC00..<0xE000).contains(second)
        else { return false }
        place += 6
        return true
    }

    private func codeUnit(_ start: Int) -> UInt32? {
        guard start + 4 <= text.count, text[start..<start + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
        else { return nil }
        return JSONDocument.codeUnit(text[...], start)
    }
}
