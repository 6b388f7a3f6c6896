import Foundation
import TandemTransactions

/// A number of any precision in binary format: digits to the base of 10,000.
struct BinaryNumeric {
    private enum Sign {
        case finite(isNegative: Bool)
        case notANumber
        case infinite(isNegative: Bool)
    }

    private static let headerSize = 8

    private let sign: Sign
    /// The power of 10,000 of the first digit.
    private let weight: Int
    /// How many decimal places are shown.
    private let scale: Int
    private let digits: [UInt16]

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.headerSize else { return nil }
        func field(_ place: Int) -> UInt16 {
            UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2 * place, as: UInt16.self))
        }
        let count = Int(field(0))
        guard bytes.count == Self.headerSize + 2 * count else { return nil }
        weight = Int(Int16(bitPattern: field(1)))
        switch field(2) {
        case 0x0000: sign = .finite(isNegative: false)
        case 0x4000: sign = .finite(isNegative: true)
        case 0xC000: sign = .notANumber
        case 0xD000: sign = .infinite(isNegative: false)
        case 0xF000: sign = .infinite(isNegative: true)
        default: return nil
        }
        scale = Int(field(3))
        digits = (0..<count).map { field(4 + $0) }
        guard digits.allSatisfy({ $0 < 10_000 }) else { return nil }
    }

    var value: SQLValue {
        switch sign {
        case .notANumber: return .decimal(.nan)
        case .infinite(let isNegative): return .text(isNegative ? "-Infinity" : "Infinity")
        case .finite(let isNegative):
            if let decimal = short(isNegative) { return .decimal(decimal) }
            let text = text(isNegative)
            return NumericText.decimal(text).map(SQLValue.decimal) ?? .text(text)
        }
    }

    /// The number where its digits fit 64 bits, which nearly all do.
    private func short(_ isNegative: Bool) -> Decimal? {
        guard digits.count <= 4 else { return nil }
        let significand = digits.reduce(UInt64(0)) { $0 * 10_000 + UInt64($1) }
        let exponent = digits.isEmpty ? 0 : 4 * (weight + 1 - digits.count)
        guard (-127...100).contains(exponent) else { return nil }
        return Decimal(sign: isNegative ? .minus : .plus, exponent: exponent, significand: Decimal(significand))
    }

    private func text(_ isNegative: Bool) -> String {
        func group(_ place: Int) -> String {
            let digit = digits.indices.contains(place) ? String(digits[place]) : "0"
            return String(repeating: "0", count: 4 - digit.count) + digit
        }
        let whole = weight < 0 ? "0" : (0...weight).map(group).joined()
        var text = isNegative ? "-" : ""
        let significant = whole.drop { $0 == "0" }
        text += significant.isEmpty ? "0" : significant
        if scale > 0 {
            let groups = (scale + 3) / 4
            let places = (1...groups).map { group(weight + $0) }.joined()
            text += "." + places.prefix(scale)
        }
        return text
    }
}
