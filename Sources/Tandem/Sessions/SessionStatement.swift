import NIOCore
import PostgresWire

/// A statement as a session keeps it: prepared by name, or one of a query string.
///
/// An object, because it is handed on many times for each execution.
final class SessionStatement: Sendable {
    /// The text for SQLite, after the few words of PostgreSQL's dialect have been translated.
    let sql: String
    /// The text as the client sent it, for places in errors.
    let original: String
    /// The statement's own part of it, as the client sent it: what its types are found out from.
    let source: String
    let command: SessionCommand
    /// Whether it answers with rows: a query, or a write with RETURNING.
    let returnsRows: Bool
    /// Whether it is a query that says FOR UPDATE, or another lock of rows.
    let locksRows: Bool
    /// Whether it is to fail where others have the writer, rather than wait: it says NOWAIT.
    let isNowait: Bool
    /// Whether it says OR ROLLBACK: then a conflict ends the whole group that it runs in.
    let endsGroups: Bool
    /// Where its text comes from; nil for statements that SQLite is not given.
    let place: StatementPlace?
    /// The table it inserts rows into; nil if it does not, and where it asks for the key of the insert before it.
    let insertion: InsertTarget?
    /// What it creates or drops where it says IF [NOT] EXISTS; nil for all others.
    let conditional: ConditionalDefinition?
    /// Its strings that may be values of the types of columns; nil if there are none.
    let literals: PlainLiterals?
    /// The types the client gave its parameters; may be fewer than there are.
    let parameterTypes: [PostgresType]
    /// What else is known of its types.
    let types = StatementTypes()

    init(
        sql: String, original: String, source: String, command: SessionCommand, returnsRows: Bool,
        locksRows: Bool = false, isNowait: Bool = false, endsGroups: Bool = false, place: StatementPlace? = nil,
        insertion: InsertTarget? = nil, conditional: ConditionalDefinition? = nil, literals: PlainLiterals? = nil,
        parameterTypes: [PostgresType] = []
    ) {
        self.sql = sql
        self.original = original
        self.source = source
        self.command = command
        self.returnsRows = returnsRows
        self.locksRows = locksRows
        self.isNowait = isNowait
        self.endsGroups = endsGroups
        self.place = place
        self.insertion = insertion
        self.conditional = conditional
        self.literals = literals
        self.parameterTypes = parameterTypes
    }

    /// About how many bytes of memory it takes: its text, and what was made of it.
    var byteCount: Int {
        let pieces = place.map { $0.translated.count * MemoryLayout<TranslatedSQL.Piece>.stride } ?? 0
        return original.utf8.count + (isTranslated ? 2 * sql.utf8.count : 0) + pieces
    }

    /// The type that a parameter's value is read as, and whether the client itself has said it. Numbers count from 0.
    func parameterType(_ number: Int) -> (type: PostgresType, isGiven: Bool) {
        if number < parameterTypes.count, parameterTypes[number] != .unspecified {
            return (parameterTypes[number], true)
        }
        return (types.parameters[number + 1] ?? (types.areParametersTold ? .text : .unspecified), false)
    }
}

/// Where a statement's text for SQLite stands in what the client sent.
struct StatementPlace: Sendable {
    var translated: TranslatedSQL
    /// The statement's first byte.
    var start: Int
}

extension SessionStatement {
    /// Whether it answers with rows, of SQLite's or the session's own.
    var hasRows: Bool {
        switch command {
        case .show, .cursor(.fetch(_, _, isMove: false)): true
        default: returnsRows
        }
    }

    /// Whether SQLite is given another text than the client's.
    var isTranslated: Bool {
        (types.typedText.translated ?? translation).map { $0.count != 1 } ?? false
    }

    /// A byte of the statement's text for SQLite as a place in what the client sent, in characters.
    func position(ofByte offset: Int) -> Int? {
        guard let place,
            let source = (types.typedText.translated ?? translation)?.sourceOffset(of: offset)
        else { return nil }
        return original.characterPosition(ofByte: place.start + source)
    }

    /// Where it ends in what the client sent.
    var end: Int { original.characterPosition(ofByte: (place?.start ?? 0) + source.utf8.count) }
}

/// A prepared statement with its parameters' values, and what is left of its rows once it has run.
final class SessionPortal: @unchecked Sendable {
    // Owned by whoever owns the session's engine, and handed over with it.

    let statement: SessionStatement
    let parameters: [ParameterValue]
    let resultFormats: FormatCodes
    /// The columns' types as Describe has told them; nil before.
    var types: [PostgresType]?
    /// The rows that an Execute with a row limit has left for the next one, none of them behind the end; nil before it has
    /// run, and where it gives none.
    var remaining: RemainingRows?
    /// Whether it has run to its end: a portal runs once.
    var isDone = false
    /// The columns of a cursor that DECLARE has made; nil for all others.
    var cursorColumns: [ColumnDescription]?

    init(statement: SessionStatement, parameters: [ParameterValue], resultFormats: FormatCodes) {
        self.statement = statement
        self.parameters = parameters
        self.resultFormats = resultFormats
    }
}
