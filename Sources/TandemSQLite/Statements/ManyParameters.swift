/// The parameters `$1`, `$2` … of a statement that has very many of them.
///
/// SQLite keeps the names of a statement's parameters in a list, and goes through all of it for each of them, more than
/// once: 30,000 take ten seconds. But what stands in one place only needs no name. SQLite is given `?` for it, and spaces,
/// so that all else stays where it is. Each gets the index that its name would have got: the next one, where it stands
/// first.
///
/// - Complexity: O(length of the text).
struct ManyParameters {
    /// With no more than so many a statement is given to SQLite as it is.
    static let few = 100

    /// The text for SQLite from the statement's beginning on, as long as it was.
    private(set) var text: [UInt8]
    /// SQLite's index of each number.
    private(set) var indexOfNumber: [Int: Int32] = [:]

    /// - Returns: nil where there are few, or where some of them are named in another way.
    init?(_ text: UnsafeBufferPointer<UInt8>, from offset: Int) {
        guard Self.mayBeMany(text[offset...]) else { return nil }
        var found: [(number: Int, range: Range<Int>)] = []
        var counts: [Int: Int] = [:]
        var tokens = SQLTokenizer(text, from: offset)
        while let token = tokens.next(), token.kind != .semicolon {
            guard token.kind == .parameter else { continue }
            guard let number = Self.number(text[token.range]) else { return nil }
            found.append((number, token.range))
            counts[number, default: 0] += 1
        }
        guard found.count > Self.few else { return nil }
        self.text = Array(text[offset...])
        for (number, range) in found {
            if indexOfNumber[number] == nil { indexOfNumber[number] = Int32(clamping: indexOfNumber.count + 1) }
            guard counts[number] == 1 else { continue }
            for place in range { self.text[place - offset] = UInt8(ascii: " ") }
            self.text[range.lowerBound - offset] = UInt8(ascii: "?")
        }
    }

    private static func mayBeMany(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var count = 0
        for byte in text where byte == UInt8(ascii: "$") {
            count += 1
            if count > few { return true }
        }
        return false
    }

    /// The number of `$12`; nil for names that are none, and for `$012`, which is not `$12` to SQLite.
    private static func number(_ name: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        let digits = name.dropFirst()
        guard name.first == UInt8(ascii: "$"), digits.count <= 6, digits.first != UInt8(ascii: "0"),
            digits.allSatisfy(\.isDigit)
        else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}
