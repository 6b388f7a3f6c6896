extension RegularExpression {
    /// Some characters, or all others.
    struct CharacterSet: Sendable {
        /// In order, with others between them.
        let ranges: [ClosedRange<UInt32>]
        let isNegated: Bool

        /// - Parameter ranges: in any order; they may overlap.
        init(ranges: [ClosedRange<UInt32>] = [], isNegated: Bool = false) {
            self.ranges = Self.merged(ranges)
            self.isNegated = isNegated
        }

        static let any = CharacterSet(isNegated: true)
        static let digits = CharacterSet(ranges: [0x30...0x39])
        static let letters = CharacterSet(ranges: [0x41...0x5A, 0x61...0x7A, 0xAA...0x10FFFF])
        static let spaces = CharacterSet(ranges: [0x09...0x0D, 0x20...0x20])
        static let wordCharacters = CharacterSet(ranges: digits.ranges + letters.ranges + [0x5F...0x5F])

        /// A class by the name that `[:…:]` has for it; nil for one that there is not.
        init?(named name: String) {
            switch name {
            case "alpha": self = .letters
            case "digit": self = .digits
            case "alnum": self = CharacterSet(ranges: Self.digits.ranges + Self.letters.ranges)
            case "word": self = .wordCharacters
            case "space": self = .spaces
            case "blank": self = CharacterSet(ranges: [0x09...0x09, 0x20...0x20])
            case "lower": self = CharacterSet(ranges: [0x61...0x7A])
            case "upper": self = CharacterSet(ranges: [0x41...0x5A])
            case "punct": self = CharacterSet(ranges: [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
            case "xdigit": self = CharacterSet(ranges: [0x30...0x39, 0x41...0x46, 0x61...0x66])
            case "cntrl": self = CharacterSet(ranges: [0x00...0x1F, 0x7F...0x9F])
            case "graph": self = CharacterSet(ranges: [0x21...0x7E, 0xA1...0x10FFFF])
            case "print": self = CharacterSet(ranges: [0x20...0x7E, 0xA0...0x10FFFF])
            default: return nil
            }
        }

        var negated: CharacterSet { CharacterSet(ranges: ranges, isNegated: !isNegated) }

        /// The same without a negation.
        var listedRanges: [ClosedRange<UInt32>] {
            guard isNegated else { return ranges }
            var others: [ClosedRange<UInt32>] = []
            var start: UInt32 = 0
            for range in ranges {
                if range.lowerBound > start { others.append(start...range.lowerBound - 1) }
                start = range.upperBound + 1
            }
            return start > 0x10FFFF ? others : others + [start...0x10FFFF]
        }

        /// - Parameter other: the same character in the other case, where that counts as well.
        /// - Complexity: O(log(ranges)).
        func contains(_ scalar: Unicode.Scalar, _ other: Unicode.Scalar?) -> Bool {
            let isListed = lists(scalar.value) || other.map { lists($0.value) } ?? false
            return isListed != isNegated
        }

        private func lists(_ value: UInt32) -> Bool {
            var (low, high) = (0, ranges.count)
            while low < high {
                let middle = (low + high) / 2
                if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
            }
            return low < ranges.count && ranges[low].lowerBound <= value
        }

        private static func merged(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
            var result: [ClosedRange<UInt32>] = []
            for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
                if let last = result.last, range.lowerBound <= last.upperBound + 1 {
                    result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
                } else {
                    result.append(range)
                }
            }
            return result
        }
    }
}
