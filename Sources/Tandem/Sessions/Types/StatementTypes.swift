import PostgresWire
import TandemSQLite

/// What was found out and told of a prepared statement: its types, and whether it is brief. Its portals share it.
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
    /// What PostgreSQL calls the columns of a statement that was translated; nil before that was looked at.
    var names: [String?]?
    /// The columns of tables that the columns show; nil before that was looked at.
    var origins: [ColumnOrigin]?
    /// RowDescription as it was sent last; nil before.
    var description: KnownDescription?
    /// What the statement's text tells of columns that are expressions; nil before it was looked at.
    var expressions: [PostgresType?]?
    /// Its text for SQLite where it computes with parameters that are dates or intervals; nil where it does not.
    var computed: ComputedText?
    /// Its text for SQLite where that depends on the tables' columns.
    var typedText = TypedText()
    /// Where it is run, by what that took before.
    var pace = StatementPace()

    /// What was looked up in vain must be looked up again.
    func forgetLookups() {
        origins = nil
        description = nil
        expressions = nil
        typedText.forget()
    }
}

/// RowDescription of a statement, and what it holds for: its names come from SQLite's own preparation.
final class KnownDescription: Sendable {
    struct Key: Equatable, Sendable {
        var preparation: PreparedStatement.PreparationID
        var types: [PostgresType]
        var formats: FormatCodes
    }

    let key: Key
    let message: BackendMessages

    init(key: Key, message: BackendMessages) {
        self.key = key
        self.message = message
    }
}

/// Finds out the types of a statement without running it: its text tells, and the declared types of columns.
struct TypeAnalysis {
    var typer: ExpressionTyper
    private let items: [SQLItem]
    private let tables: TableReader

    /// Reads the columns of tables, each table once.
    private final class TableReader {
        private let connection: any StatementConnection
        private var known: [String: [TableColumn]] = [:]
        private var types: [String: [String: PostgresType?]] = [:]

        init(_ connection: any StatementConnection) { self.connection = connection }

        func columns(_ table: String) -> [TableColumn] {
            if let columns = known[table] { return columns }
            // What cannot be looked up is of no known type; the statement itself tells what is wrong with it.
            let columns = (try? TableColumn.all(of: table, on: connection)) ?? []
            known[table] = columns
            return columns
        }

        /// The columns with the types that are known; nil if there is no such table.
        func types(_ table: String, tellsUndeclared: Bool) -> [String: PostgresType?]? {
            if let known = types[table] { return known }
            let columns = columns(table).map { column -> (String, PostgresType?) in
                let isKnown = column.isTypeKnown && (tellsUndeclared || column.isDeclared)
                return (column.name.lowercased(), isKnown ? column.type : nil)
            }
            guard !columns.isEmpty else { return nil }
            let named = Dictionary(columns) { first, _ in first }
            types[table] = named
            return named
        }
    }

    init(_ text: String, on connection: any StatementConnection) {
        self.init(SQLItem.items(of: text), on: connection)
    }

    /// - Parameter tellsUndeclared: whether a column without a declared type is of a known one.
    init(_ items: [SQLItem], on connection: any StatementConnection, tellsUndeclared: Bool = true) {
        let tables = TableReader(connection)
        self.tables = tables
        self.items = items
        var typer = ExpressionTyper(scope: StatementScope(items)) { table in
            tables.types(table, tellsUndeclared: tellsUndeclared)
        }
        if typer.scope.mentionsCatalog {
            typer.predicate = .bool
            typer.joinsTexts = true
        }
        self.typer = typer
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
        if arms.count == 1, let types = catalogStars(first, count: count) { return types }
        let stars = first.items.indices.filter { first.items[$0].isStar }
        guard let firstStar = stars.first, let lastStar = stars.last else {
            return (0..<count).map { typer.query(arms, column: $0).type }
        }
        // Where there is a star, the columns before and behind it can be told apart, if there is no UNION.
        return (0..<count).map { column in
            guard arms.count == 1 else { return nil }
            if column < firstStar { return typer.query(arms, column: column).type }
            let place = first.items.count - (count - column)
            return place > lastStar ? typer.type(of: first.items[place].expression).type : nil
        }
    }

    /// The types where `table.*` stands for a relation of the catalogue, whose columns SQLite does not know as declared.
    private func catalogStars(_ list: SelectList, count: Int) -> [PostgresType?]? {
        guard typer.scope.mentionsCatalog, list.items.contains(where: \.isStar) else { return nil }
        var types: [PostgresType?] = []
        for item in list.items {
            guard item.isStar else {
                types.append(typer.type(of: item.expression).type)
                continue
            }
            let named = item.expression.count == 3 ? items.name(at: item.expression.lowerBound) : nil
            let sources = typer.scope.sources(of: typer.scope.arm(at: item.expression.lowerBound))
            for source in sources where named == nil || source.name == named {
                guard case .table(let table) = source.kind else { return nil }
                types += tables.columns(table).map(\.type)
            }
        }
        return types.count == count ? types : nil
    }
}
