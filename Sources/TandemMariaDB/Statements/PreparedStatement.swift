import CMariaDB
import TandemThreads
import TandemTransactions

/// A statement that the server keeps prepared for a connection. Used on the connection's thread only.
final class PreparedStatement {
    let sql: String
    let traits: StatementTraits
    private let session: ServerSession
    private let pointer: UnsafeMutablePointer<MYSQL_STMT>
    private var isClosed = false
    private var results: ResultBinding?
    /// The memory of the parameters, for as long as the library may look at it.
    private var parameters: ParameterBinding?

    /// Prepares it.
    init(_ sql: String, on session: ServerSession, _ watch: inout StatementWatch) throws {
        guard let pointer = mysql_stmt_init(session.handle) else {
            throw MariaDBFailure.connectionLost("libmariadb has no memory for a statement")
        }
        self.sql = sql
        self.session = session
        self.pointer = pointer
        traits = StatementTraits(sql)
        var failed: Int32 = 0
        try sql.withCString { text in
            let call = LibraryCall(
                start: { mysql_stmt_prepare_start(&failed, pointer, text, UInt(sql.utf8.count)) },
                resume: { mysql_stmt_prepare_cont(&failed, pointer, $0) })
            try session.run(call, &watch)
        }
        if failed != 0 { throw error() }
    }

    deinit { if !isClosed { mysql_stmt_close(pointer) } }

    /// Forgets it and what is left of its answer, whatever state it is in.
    func close(_ watch: inout StatementWatch) throws {
        guard !isClosed else { return }
        isClosed = true
        var failed: my_bool = 0
        let call = LibraryCall(
            start: { [pointer] in mysql_stmt_close_start(&failed, pointer) },
            resume: { [pointer] in mysql_stmt_close_cont(&failed, pointer, $0) })
        try session.run(call, &watch)
    }

    /// Whether running it gave rows, be it none.
    var givesRows: Bool { mysql_stmt_field_count(pointer) > 0 }

    // MARK: Running

    /// Sends it with its parameters, and takes the beginning of the answer.
    func execute(_ values: [SQLValue], _ watch: inout StatementWatch) throws {
        let count = Int(mysql_stmt_param_count(pointer))
        guard count == values.count else {
            throw DatabaseError(
                .invalidStatement,
                "the statement has \(count) placeholders and \(values.count) parameters: write parameters as "
                    + "interpolations, and no question marks", sqlState: "42601")
        }
        let parameters = try ParameterBinding(values)
        self.parameters = parameters
        if count > 0, mysql_stmt_bind_param(pointer, parameters.binds.baseAddress) != 0 { throw error() }
        var failed: Int32 = 0
        let call = LibraryCall(
            start: { [pointer] in mysql_stmt_execute_start(&failed, pointer) },
            resume: { [pointer] in mysql_stmt_execute_cont(&failed, pointer, $0) })
        try session.run(call, &watch)
        if failed != 0 { throw error() }
    }

    /// Takes the whole answer.
    func result(_ watch: inout StatementWatch) throws -> StatementResult {
        guard givesRows else {
            let affected = Int(clamping: mysql_stmt_affected_rows(pointer))
            let key = mysql_stmt_insert_id(pointer)
            // Of several rows MariaDB tells the key of the first.
            return StatementResult(
                affectedRows: affected, generatedKey: key == 0 || affected != 1 ? nil : Int64(bitPattern: key))
        }
        var failed: Int32 = 0
        let call = LibraryCall(
            start: { [pointer] in mysql_stmt_store_result_start(&failed, pointer) },
            resume: { [pointer] in mysql_stmt_store_result_cont(&failed, pointer, $0) })
        try session.run(call, &watch)
        if failed != 0 { throw error() }
        let results = try bindResults()
        var rows: [ResultRow] = []
        rows.reserveCapacity(Int(clamping: mysql_stmt_num_rows(pointer)))
        while let row = try row(mysql_stmt_fetch(pointer), results) { rows.append(row) }
        try free(&watch)
        return StatementResult(rows: rows, affectedRows: rows.count)
    }

    /// Lets the rows be taken with ``fetch(_:_:)``.
    func openCursor() throws { if givesRows { _ = try bindResults() } }

    /// The next rows, at most `count`; fewer only at the end.
    func fetch(_ count: Int, _ watch: inout StatementWatch) throws -> [ResultRow] {
        guard let results, givesRows else { return [] }
        var rows: [ResultRow] = []
        while rows.count < count {
            var outcome: Int32 = 0
            let call = LibraryCall(
                start: { [pointer] in mysql_stmt_fetch_start(&outcome, pointer) },
                resume: { [pointer] in mysql_stmt_fetch_cont(&outcome, pointer, $0) })
            try session.run(call, &watch)
            guard let row = try row(outcome, results) else { break }
            rows.append(row)
        }
        return rows
    }

    /// Takes what is left of the answer and forgets it; results behind the first, as a procedure gives them, too.
    func free(_ watch: inout StatementWatch) throws {
        var failed: my_bool = 0
        let call = LibraryCall(
            start: { [pointer] in mysql_stmt_free_result_start(&failed, pointer) },
            resume: { [pointer] in mysql_stmt_free_result_cont(&failed, pointer, $0) })
        try session.run(call, &watch)
        while session.handle.pointee.server_status & UInt32(SERVER_MORE_RESULTS_EXIST) != 0 {
            var outcome: Int32 = 0
            let next = LibraryCall(
                start: { [pointer] in mysql_stmt_next_result_start(&outcome, pointer) },
                resume: { [pointer] in mysql_stmt_next_result_cont(&outcome, pointer, $0) })
            try session.run(next, &watch)
            if outcome > 0 { throw error() }
            if outcome < 0 { break }
            try session.run(call, &watch)
        }
    }

    // MARK: Helpers

    private func row(_ outcome: Int32, _ results: ResultBinding) throws -> ResultRow? {
        switch outcome {
        // Values that are longer than their room are fetched one by one.
        case 0, Int32(MYSQL_DATA_TRUNCATED):
            guard let row = results.row(of: pointer) else { throw error() }
            return row
        case Int32(MYSQL_NO_DATA): return nil
        default: throw error()
        }
    }

    private func bindResults() throws -> ResultBinding {
        let count = Int(mysql_stmt_field_count(pointer))
        let preparation = UnsafeBufferPointer(start: pointer.pointee.fields, count: count)
        // A column may have got another name since the statement was prepared, which shows in the answer alone.
        let fields = UnsafeBufferPointer(start: session.handle.pointee.fields ?? pointer.pointee.fields, count: count)
        var binding = results
        if let known = binding, !known.fits(fields) { binding = nil }
        let current = binding ?? ResultBinding(fields, preparation: preparation)
        guard current.bind(to: pointer) else { throw error() }
        results = current
        return current
    }

    private func error() -> DatabaseError {
        let number = mysql_stmt_errno(pointer)
        guard number != 0 else { return session.error() }
        return session.error(
            MariaDBFailure.Report(
                number: number, state: String(cString: mysql_stmt_sqlstate(pointer)),
                message: String(cString: mysql_stmt_error(pointer))))
    }
}
