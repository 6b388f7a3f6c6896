/// A row of a statement's result.
public struct ResultRow: Sendable {
    /// The names of a result's columns, shared by its rows.
    public final class Columns: Sendable {
        /// In the order of the statement.
        public let names: [String]
        /// Nil for few columns: to look through them is quicker than to make this for each result.
        private let places: [String: Int]?

        private static let few = 16

        /// Columns of these names, in the order of the statement. Of several of one name the first is found by it.
        public init(_ names: [String]) {
            self.names = names
            places =
                names.count > Self.few
                ? Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first } : nil
        }

        /// The place of the first column of that name.
        public func place(of name: String) -> Int? {
            guard let places else { return names.firstIndex(of: name) }
            return places[name]
        }
    }

    /// The columns, in the order of the statement.
    public let columns: Columns
    /// A value for each column.
    public let values: [SQLValue]

    /// A row of a result.
    ///
    /// - Precondition: there are as many values as columns.
    public init(columns: Columns, values: [SQLValue]) {
        precondition(columns.names.count == values.count, "a row has a value for each of its columns")
        self.columns = columns
        self.values = values
    }

    /// The value of a column; nil where there is none of that name.
    public subscript(name: String) -> SQLValue? { columns.place(of: name).map { values[$0] } }

    /// The value of the column at that place, from 0.
    public subscript(place: Int) -> SQLValue { values[place] }
}
