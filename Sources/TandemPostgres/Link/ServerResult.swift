import CPQ

/// An answer of the server as libpq keeps it.
final class ServerResult {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    var status: ExecStatusType { PQresultStatus(pointer) }

    /// `INSERT 0 1`
    var tag: String { String(cString: PQcmdStatus(pointer)) }

    var rowCount: Int { Int(PQntuples(pointer)) }

    var columnCount: Int { Int(PQnfields(pointer)) }

    /// As the tag has it; the number of rows where it has none.
    var affectedRows: Int { Int(String(cString: PQcmdTuples(pointer))) ?? rowCount }

    func columnName(_ column: Int) -> String { PQfname(pointer, Int32(column)).map { String(cString: $0) } ?? "" }

    func columnType(_ column: Int) -> Oid { PQftype(pointer, Int32(column)) }

    var isBinary: Bool { PQbinaryTuples(pointer) == 1 }

    /// A value's bytes, which live as long as this; nil for NULL.
    func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
        let row = Int32(row)
        let column = Int32(column)
        guard PQgetisnull(pointer, row, column) == 0 else { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(pointer, row, column), count: Int(PQgetlength(pointer, row, column)))
    }

    /// A value in text format.
    func text(_ row: Int, _ column: Int) -> String? { bytes(row, column).map { String(decoding: $0, as: UTF8.self) } }

    /// Whether the server ends the connection because it takes no writes: nothing was done, and nothing else comes.
    var endsWithRefusal: Bool {
        status == PGRES_FATAL_ERROR && field(UInt8(ascii: "C")) == "25006" && field(UInt8(ascii: "V")) == "FATAL"
    }

    /// A field of an error (`PG_DIAG_…`).
    func field(_ name: UInt8) -> String? {
        PQresultErrorField(pointer, Int32(name)).map { String(cString: $0) }
    }
}
