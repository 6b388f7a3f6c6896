import Foundation
import TandemTransactions

/// MariaDB's exact numbers, which travel as text.
enum DecimalText {
    /// Foundation's decimals have so many digits; one with more stays text, lest something be lost.
    private static let maximumDigits = 38

    static func value(_ text: String) -> SQLValue {
        let digits = text.utf8.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard digits.drop(while: { $0 == UInt8(ascii: "0") }).count <= maximumDigits,
            let decimal = Decimal(string: text, locale: Locale(identifier: "en_US_POSIX"))
        else { return .text(text) }
        return .decimal(decimal)
    }
}
