extension Statement {
    /// Whether it can only read, but for functions of the program's own that write (``mayCallFunctions``). What is not
    /// known counts as writing.
    package var isSurelyReading: Bool {
        switch firstWord {
        case .select, .values, .show, .table: true
        // EXPLAIN ANALYZE runs what it explains, and WITH may have parts that write.
        case .explain, .with: mayBeCutShort
        case .insert, .update, .delete, .merge, .replace, .other: false
        }
    }

    /// Whether there is a bracket in it, as a call of a function has it, or INTO, with which a SELECT makes a table: what
    /// only reads by its first word may write then.
    ///
    /// - Complexity: O(length of the text).
    package var mayCallFunctions: Bool {
        fragments.contains { fragment in
            guard case .text(let text) = fragment else { return false }
            return text.utf8.contains(UInt8(ascii: "("))
        } || !mayBeCutShort
    }

    /// Whether it may be ended in its middle, when nobody wants the rest of its rows: it neither writes nor locks, as far as
    /// its words tell. Taken for writing is what has such a word anywhere, in a name or a text too.
    ///
    /// - Complexity: O(length of the text).
    package var mayBeCutShort: Bool {
        guard firstWord != .replace else { return false }
        return fragments.allSatisfy { fragment in
            guard case .text(let text) = fragment else { return true }
            return text.utf8.split { !Self.isOfWord($0) }.allSatisfy { word in
                word.count > 6 || !Self.writingWords.contains(FirstWord.packed(word.lazy.map { $0 | 0x20 }))
            }
        }
    }

    /// Whether it says `FOR [NO KEY] UPDATE` or `FOR [KEY] SHARE`, outside of strings, names and comments as far as their ends
    /// can be told.
    ///
    /// - Complexity: O(length of the text).
    var locksRows: Bool {
        guard !mayBeCutShort else { return false }
        var scanner = QuotationScanner()
        var (word, follows) = ([UInt8](), false)
        for case .text(let text) in fragments {
            for byte in text.utf8 + [UInt8(ascii: " ")] {
                scanner.read(byte)
                let isCode = scanner.place == .plain || scanner.place == .unknown
                if isCode, Self.isOfWord(byte) {
                    word.append(byte | 0x20)
                } else if !word.isEmpty {
                    let packed = FirstWord.packed(word)
                    if follows, packed == Self.update || packed == Self.share { return true }
                    follows = packed == Self.forWord || follows && (packed == Self.no || packed == Self.key)
                    word.removeAll(keepingCapacity: true)
                }
            }
        }
        return false
    }

    private static let forWord = FirstWord.packed("for".utf8)
    private static let no = FirstWord.packed("no".utf8)
    private static let key = FirstWord.packed("key".utf8)
    private static let update = FirstWord.packed("update".utf8)
    private static let share = FirstWord.packed("share".utf8)

    private static let writingWords = Set(
        ["insert", "update", "delete", "merge", "into", "share", "call"].map { FirstWord.packed($0.utf8) })

    private static func isOfWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
    }

    /// Whether it may leave something on the connection that outlives its transaction: a setting, a temporary table.
    var mayChangeSession: Bool { firstWord == .other }
}
