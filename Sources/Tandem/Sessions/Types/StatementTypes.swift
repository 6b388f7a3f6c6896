import PostgresWire
import TandemSQLite

/// What was found out and told of a prepared statement's types. Its portals share it.
///
/// Whatever Describe has told holds for every later Execute: clients read values in binary by it.
final class StatementTypes: @unchecked Sendable {
    // Owned by whoever owns the session's engine, and handed over with it.

    /// Types of parameters that the client left open, by their numbers from 1.
    var parameters: [Int: PostgresType] = [:]
    /// Whether Describe has told the parameters' types.
    var areParametersTold = false
    /// The columns as Describe has told them; nil before.
    var columns: [PostgresType]?
    /// What the statement's text tells of columns that are expressions; nil before it was looked at.
    var expressions: [PostgresType?]?
}

/// Finds out the types of a statement without running it: its text tells, and the declared types of columns.
struct TypeAnalysis {
    private let typer: ExpressionTyper
    private let items: [SQLItem]
    private let tables: TableReader

    /// Reads the columns of tables, each table once.
    private final class TableReader {
        private let connection: any StatementConnection
        private var known: [String: [TableColumn]] = [:]

        init(_ connection: any StatementConnection) { self.connection = connection }

        func columns(_ table: String) -> [TableColumn] {
            if let columns = known[table] { return columns }
            // What cannot be looked up is of no known type; the statement itself tells what is wrong with it.
            let columns = (try? TableColumn.all(of: table, on: connection)) ?? []
            known[table] = columns
            return columns
        }
    }

    init(_ text: String, on connection: any StatementConnection) {
        let tables = TableReader(connection)
        self.tables = tables
        items = SQLItem.items(of: text)
        typer = ExpressionTyper(scope: StatementScope(items)) { table in
            let columns = tables.columns(table)
            guard !columns.isEmpty else { return nil }
            return Dictionary(columns.map { ($0.name.lowercased(), $0.type) }) { first, _ in first }
        }
    }

    /// The types of the parameters that stand where a type can be told.
    func parameters() -> [Int: PostgresType] {
        ParameterTyper(typer) { table in tables.columns(table).filter(\.isWritable).map { $0.name.lowercased() } }.types
    }

    /// The types of the `count` columns of the answer; nil where the text does not tell.
    func columns(count: Int) -> [PostgresType?] {
        let whole = items.startIndex..<items.endIndex
        let arms = SelectList.arms(of: items, in: whole)
        guard let first = arms.first else { return Array(repeating: nil, count: count) }
        let stars = first.items.indices.filter { first.items[$0].isStar }
        guard let firstStar = stars.first, let lastStar = stars.last else {
            return (0..<count).map { typer.query(whole, column: $0).type }
        }
        // Where there is a star, the columns before and behind it can be told apart, if there is no UNION.
        return (0..<count).map { column in
            guard arms.count == 1 else { return nil }
            if column < firstStar { return typer.query(whole, column: column).type }
            let place = first.items.count - (count - column)
            return place > lastStar ? typer.type(of: first.items[place].expression).type : nil
        }
    }
}
