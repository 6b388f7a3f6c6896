extension Statement {
    /// The words with which statements begin that change nothing of their session.
    enum FirstWord: String, CaseIterable {
        case select, values, show, explain, table, insert, update, delete, with, merge, replace
        case other = ""

        init(of fragments: [Fragment]) {
            guard case .text(let text)? = fragments.first else {
                self = .other
                return
            }
            var letters: UInt64 = 0
            for byte in text.utf8 {
                guard LeadingWords.isLetter(byte | 0x20), letters >> 56 == 0 else { break }
                letters = letters << 8 | UInt64(byte | 0x20)
            }
            // Behind white space and comments, which few have.
            if letters == 0 { letters = Self.packed(LeadingWords.first(of: text).lazy.map { $0 | 0x20 }) }
            self = Self.known.first { $0.letters == letters }?.word ?? .other
        }

        /// The letters, eight bits each, by which a word is found without making a string of it.
        private static let known = allCases.map { (word: $0, letters: packed($0.rawValue.utf8)) }

        /// Zero for a word that has more letters than fit.
        static func packed(_ letters: some Sequence<UInt8>) -> UInt64 {
            var packed: UInt64 = 0
            for letter in letters {
                guard packed >> 56 == 0 else { return 0 }
                packed = packed << 8 | UInt64(letter)
            }
            return packed
        }
    }
}
