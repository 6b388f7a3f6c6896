import CMariaDB
import TandemThreads
import TandemTransactions

extension ServerSession {
    /// What the library says went wrong last on the connection.
    var failure: MariaDBFailure.Report {
        MariaDBFailure.Report(
            number: mysql_errno(handle), state: String(cString: mysql_sqlstate(handle)),
            message: String(cString: mysql_error(handle)))
    }

    /// The error for what went wrong last.
    func error(_ report: MariaDBFailure.Report? = nil) -> DatabaseError {
        let report = report ?? failure
        lastReport = report
        if report.endsConnection { becameUseless() }
        return MariaDBFailure.error(report)
    }

    /// Whether the server has a transaction open, as its last answer that was no error said.
    var isInTransaction: Bool { handle.pointee.server_status & UInt32(SERVER_STATUS_IN_TRANS) != 0 }

    /// Runs statements of this data source's own, separated by semicolons, and gives the rows of the last.
    ///
    /// It is the only way for several statements in one; those of programs are prepared, which takes but one.
    @discardableResult
    func query(
        _ sql: String, _ watch: inout StatementWatch, atInterruption interruption: Interruption = .killStatement
    ) throws -> TextResult {
        var failed: Int32 = 0
        try sql.withCString { text in
            let call = LibraryCall(
                start: { [handle] in mysql_real_query_start(&failed, handle, text, UInt(sql.utf8.count)) },
                resume: { [handle] in mysql_real_query_cont(&failed, handle, $0) })
            try run(call, &watch, atInterruption: interruption)
        }
        while true {
            guard failed == 0 else { throw error() }
            let result = try storedResult(&watch, interruption)
            let next = LibraryCall(
                start: { [handle] in mysql_next_result_start(&failed, handle) },
                resume: { [handle] in mysql_next_result_cont(&failed, handle, $0) })
            try run(next, &watch, atInterruption: interruption)
            if failed < 0 { return result }
        }
    }

    private func storedResult(_ watch: inout StatementWatch, _ interruption: Interruption) throws -> TextResult {
        guard mysql_field_count(handle) > 0 else { return TextResult() }
        var stored: UnsafeMutablePointer<MYSQL_RES>?
        let call = LibraryCall(
            start: { [handle] in mysql_store_result_start(&stored, handle) },
            resume: { [handle] in mysql_store_result_cont(&stored, handle, $0) })
        try run(call, &watch, atInterruption: interruption)
        guard let stored else { throw error() }
        defer { mysql_free_result(stored) }
        return TextResult(stored)
    }

    /// The GTID of the transaction that the last answer told of; nil where it wrote nothing to the binary log.
    var reportedGTID: String? {
        guard handle.pointee.server_status & UInt32(SERVER_SESSION_STATE_CHANGED) != 0 else { return nil }
        var data: UnsafePointer<CChar>?
        var length = 0
        func text() -> String {
            String(decoding: UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : length), as: UTF8.self)
        }
        // Names and values take turns.
        guard mysql_session_track_get_first(handle, SESSION_TRACK_SYSTEM_VARIABLES, &data, &length) == 0 else {
            return nil
        }
        while true {
            let name = text()
            guard mysql_session_track_get_next(handle, SESSION_TRACK_SYSTEM_VARIABLES, &data, &length) == 0 else {
                return nil
            }
            if name == "last_gtid" { return length == 0 ? nil : text() }
            guard mysql_session_track_get_next(handle, SESSION_TRACK_SYSTEM_VARIABLES, &data, &length) == 0 else {
                return nil
            }
        }
    }
}
