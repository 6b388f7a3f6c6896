import CTandemSQLite
import NIOCore
import PostgresWire
import TandemSQLite

// What is told of a statement before it runs.
extension ActiveQuery {
    /// Checks that SQLite can prepare a statement, and finds out the types of parameters that the client leaves open.
    static func check(_ statement: SessionStatement, on connection: any StatementConnection) throws(PostgresError) {
        let prepared = try prepare(statement, on: connection)
        defer { connection.giveBack(prepared) }
        let given = statement.parameterTypes
        if prepared.highestParameterNumber > given.count || given.contains(.unspecified) {
            statement.types.parameters = ParameterTypes.of(prepared, statement, on: connection)
            if let array = statement.types.parameters.values.first(where: \.isArray) {
                throw .arraysAreNotSupported(array)
            }
        }
        try statement.computeWithParameters()
    }

    /// What Describe tells of a statement that has no parameter values yet.
    static func describe(_ statement: SessionStatement, on connection: any StatementConnection)
        throws(PostgresError) -> (parameters: [PostgresType], columns: [ColumnDescription])
    {
        let prepared = try prepareAnew(statement, on: connection)
        let parameters = (0..<prepared.highestParameterNumber).map { number in
            let (type, _) = statement.parameterType(number)
            return type == .unspecified ? .text : type
        }
        let types = try types(of: prepared, statement, hasRow: false, on: connection)
        let columns = (0..<prepared.columnCount).map { column in
            ColumnDescription(name: name(of: column, prepared, statement), type: types[column])
        }
        return (parameters, ColumnOrigin.adding(to: columns, of: prepared, statement, on: connection))
    }
}

extension PostgresError {
    /// asyncpg and pgjdbc know by these words and this routine that they have to prepare the statement anew.
    static var resultTypeChanged: PostgresError {
        var error = PostgresError(
            code: .featureNotSupported, message: "cached plan must not change result type",
            hint: "The tables have changed since the statement was prepared.")
        error.routine = "RevalidateCachedQuery"
        return error
    }
}
