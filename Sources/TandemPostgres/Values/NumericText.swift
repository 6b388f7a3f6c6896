import Foundation
import TandemTransactions

/// PostgreSQL's numbers of any precision as text.
enum NumericText {
    /// Nil for infinities, and for what a `Decimal` cannot hold exactly.
    static func decimal(_ text: String) -> Decimal? { text == "NaN" ? .nan : DecimalText.decimal(text) }
}
