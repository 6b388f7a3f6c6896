import PostgresWire
import TandemSQLite

/// A statement's text for SQLite as the columns of its tables make it, kept for as long as these are the same.
struct TypedText {
    /// Whether it may depend on columns at all; nil before that was looked at.
    fileprivate var isPossible: Bool?
    /// SQLite's number of the schema that it is true of.
    fileprivate var schemaVersion: Int64?
    /// Nil where it is the same as without knowing the columns.
    fileprivate(set) var translated: TranslatedSQL?
    fileprivate var text = ""
    /// The statement that fills the table which it creates.
    fileprivate(set) var following: [String] = []
    /// The column that ADD COLUMN IF NOT EXISTS has found when it was looked for last.
    fileprivate(set) var existing: TranslatedSQL.AddedColumn?
    /// What a statement with IF [NOT] EXISTS does nothing about, as notices.
    var skipped: [PostgresError] = []

    /// It must be found out again.
    mutating func forget() { schemaVersion = nil }
}

extension SessionStatement {
    /// Whether its text for SQLite may be another one by the columns of its tables, which have to be looked up then.
    var mayDependOnColumns: Bool {
        if let known = types.typedText.isPossible { return known }
        let isFilled = place.map { !$0.translated.filling.isEmpty } ?? false
        let isPossible = literals != nil || isFilled || Self.mayDependOnColumns(source)
        types.typedText.isPossible = isPossible
        return isPossible
    }

    /// The text for SQLite on a connection: plain strings are values of the types of columns, of documents `||` makes a
    /// document, and booleans are such in JSON; no column is added that is there and may be.
    ///
    /// - Throws: ``PostgresError``, where a string is no value of its column's type.
    func text(on connection: any StatementConnection) throws(PostgresError) -> String {
        if let addition = place?.translated.addition { return try text(adding: addition, on: connection) }
        guard mayDependOnColumns else { return untypedText }
        let version = ParameterTypes.schemaVersion(connection)
        if version == nil || version != types.typedText.schemaVersion {
            // To look at what SQLite would refuse may take long.
            if sql.utf8.count > Self.longestUnchecked { try check(on: connection) }
            let translated = try translated(on: connection)
            types.typedText.translated = translated
            types.typedText.text = translated?.text ?? untypedText
            types.typedText.following = []
            if let table = try declaredTable(translated ?? place?.translated, on: connection) {
                types.typedText.text = table.definition
                types.typedText.following = [table.filling]
            }
            types.typedText.schemaVersion = version
        }
        return types.typedText.text
    }

    /// So many bytes a statement may have that is looked at before SQLite has taken it.
    private static let longestUnchecked = 4096

    /// Has SQLite parse the text as it is without knowing the columns: its grammar is the same.
    private func check(on connection: any StatementConnection) throws(PostgresError) {
        types.typedText.translated = nil
        var text = sql
        let failure: SQLiteError? = text.withUTF8 { text in
            do throws(SQLiteError) {
                _ = try connection.prepare(text, from: 0)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw PostgresError(mapping: failure, in: self) }
    }

    private func text(
        adding column: TranslatedSQL.AddedColumn, on connection: any StatementConnection
    ) throws(PostgresError) -> String {
        let columns = try TableColumn.all(of: column.table, on: connection)
        let isThere = columns.contains { $0.name.lowercased() == column.name }
        types.typedText.existing = isThere ? column : nil
        return isThere ? "DELETE FROM \(column.table.quotedName) WHERE 0" : sql
    }

    private func translated(on connection: any StatementConnection) throws(PostgresError) -> TranslatedSQL? {
        var typer = TypeAnalysis(source, on: connection).typer
        let given = parameterTypes
        typer.parameter = { number in
            guard given.indices.contains(number - 1), given[number - 1] != .unspecified else { return nil }
            return given[number - 1]
        }
        var places = Self.mayDependOnColumns(source) ? TypedPlaces(typer) : TypedPlaces()
        places.parameters = types.computed?.parameters ?? [:]
        guard literals != nil || !places.isEmpty else { return nil }
        var translated = place?.translated
        if !places.isEmpty || translated == nil && source != sql {
            var text = source
            let tokens = text.withUTF8 { Array(SQLTokenizer($0)) }
            translated = try Dialect.translate(source, tokens[...], places)
        }
        guard let literals else { return translated }
        return try typed(by: TypeAnalysis(literals.items, on: connection).parameters(), in: translated)
    }

    /// Whether it has `||`, `-`, brackets, casts to text, or functions that make JSON. Asked of every statement, so without
    /// looking closer where that is not needed.
    private static func mayDependOnColumns(_ source: String) -> Bool {
        var last: UInt8 = 0
        var mayMakeJSON = false
        var hasOperands = false
        for byte in source.utf8 {
            switch byte {
            case UInt8(ascii: "|") where last == byte: return true
            // json_, jsonb_
            case UInt8(ascii: "_") where [UInt8(ascii: "n"), UInt8(ascii: "b")].contains(last | 0x20):
                mayMakeJSON = true
            case UInt8(ascii: "-"), UInt8(ascii: "["): hasOperands = true
            case UInt8(ascii: ":") where last == byte: hasOperands = true
            default: break
            }
            last = byte
        }
        if mayMakeJSON, source.lowercased().contains("json") { return true }
        return hasOperands && TypedPlaces.mayDependOnOperands(source)
    }
}
