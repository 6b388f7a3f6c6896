import TandemLog
import TandemSQLite

// The node's database, opened for writing.
extension NodeParts {
    /// - Throws: ``TandemError`` (`damaged`, `dataDirectory`) that names the file, the cause and the way out.
    static func openDatabase(
        in directory: DataDirectory, _ role: NodeConfiguration.Role, _ options: ConnectionOptions
    ) throws(TandemError) -> WriterConnection {
        let path = directory.database
        do {
            try makeRoom(in: directory)
            try WriterConnection.rewriteLog(of: path)
            return try WriterConnection.open(path: path, options: options)
        } catch {
            let failure = OpeningFailure(error)
            var reason = "\(error)"
            if reason.hasSuffix(".") { reason.removeLast() }
            let wayOut = failure.wayOut(role, firstRecord: (try? Log.firstIndex(in: directory.log)) ?? nil)
            throw TandemError(
                failure == .damage ? .damaged : .dataDirectory,
                "cannot open the database \(path): \(reason). \(wayOut)", cause: error)
        }
    }

    /// What the database's write-ahead log has filled becomes free once the database has taken it in, for which that may have
    /// to grow: the segment that the log has prepared is given for it.
    private static func makeRoom(in directory: DataDirectory) throws(LogError) {
        guard let free = FileSystemSpace(at: directory.path)?.free, free < 4 << 20 else { return }
        try Log.giveRoomBack(in: directory.log)
    }
}
