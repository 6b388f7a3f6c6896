import PostgresWire

extension ExpressionTyper {
    /// What has been found of names: each is looked for once in each query, however many expressions it is in.
    final class NameTypes {
        struct Key: Hashable {
            var name: String
            var table: String?
            var arm: StatementScope.Arm
            /// Whether the names that the query gives to its columns can be meant.
            var isBehindList: Bool
        }

        /// The names of a query's columns, by the first item of its body.
        struct Output {
            var arms: [SelectList]
            /// The first column of each name.
            var columns: [String: Int] = [:]
            /// How many stand before the first star.
            var countBeforeStars = 0
        }

        /// Nil where the query has none of that name.
        var types: [Key: ExpressionType?] = [:]
        var members: [SourceColumn: Member] = [:]
        var outputs: [Int: Output] = [:]
        var lists: [StatementScope.Arm: SelectList] = [:]
        /// Columns that were met again while they were looked for: what is found meanwhile is not all that there is.
        var metAgain: Set<SourceColumn> = []
        /// The types of operands of `||` and `-`, and of what parentheses hold: one within others is asked for with each
        /// of them.
        var operands: [Range<Int>: ExpressionType] = [:]
        /// How many sources were looked at.
        var steps = 0
    }
}
