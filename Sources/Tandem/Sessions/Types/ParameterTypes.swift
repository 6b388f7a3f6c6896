import PostgresWire
import TandemSQLite

/// The types of a statement's parameters, kept with the statement as its connection keeps it: drivers that prepare for
/// each execution would otherwise have the text looked at each time.
final class ParameterTypes {
    private let types: [Int: PostgresType]
    /// The text they were found out from: texts with different casts are one statement to SQLite.
    private let source: String
    /// SQLite's number of the schema they are true of.
    private let schemaVersion: Int64
    /// What the reader had seen when that was last looked at: nothing has changed as long as it has seen no more.
    private var dataVersion: UInt32

    private init(_ types: [Int: PostgresType], of source: String, _ schemaVersion: Int64, _ dataVersion: UInt32) {
        self.types = types
        self.source = source
        self.schemaVersion = schemaVersion
        self.dataVersion = dataVersion
    }

    /// The types by their numbers, found out now or before.
    static func of(
        _ prepared: PreparedStatement, _ statement: SessionStatement, on connection: any StatementConnection
    ) -> [Int: PostgresType] {
        let dataVersion = connection.dataVersion
        let known = (prepared.note as? ParameterTypes).flatMap { $0.source == statement.source ? $0 : nil }
        // Only what runs on the reader itself makes it see more; what is run elsewhere is looked at anew.
        if let known, known.dataVersion == dataVersion, statement.command == .read, connection is ReaderConnection {
            return known.types
        }
        guard let schemaVersion = schemaVersion(connection) else {
            return TypeAnalysis(statement.source, on: connection).parameters()
        }
        if let known, known.schemaVersion == schemaVersion {
            known.dataVersion = dataVersion
            return known.types
        }
        let types = TypeAnalysis(statement.source, on: connection).parameters()
        prepared.note = ParameterTypes(types, of: statement.source, schemaVersion, dataVersion)
        return types
    }

    /// SQLite's number of the schema. The connection sees what others have changed of it by being asked.
    ///
    /// - Returns: nil where another schema may get the same number, because a change of it can be rolled back.
    static func schemaVersion(_ connection: any StatementConnection) -> Int64? {
        // As a function it is kept prepared; as a PRAGMA it would not be.
        let sql = "SELECT schema_version FROM pragma_schema_version"
        guard let statement = try? connection.cachedStatement(sql) else { return nil }
        defer { connection.giveBack(statement) }
        guard (try? statement.step()) == true, !connection.hasChangedSchema else { return nil }
        return statement.int64(0)
    }
}
