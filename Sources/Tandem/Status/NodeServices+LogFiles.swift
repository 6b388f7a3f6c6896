import PostgresWire
import TandemLog
import TandemSQLite

// The log's segments, as PostgreSQL's functions show those of its own.
extension NodeServices {
    /// The rows of `pg_ls_waldir()`, as a JSON array.
    func logFiles() throws(LogError) -> String {
        JSONText.array(
            try SegmentFile.all(in: logDirectory).map { file in
                JSONText.object([
                    ("name", file.name), ("size", String(file.size)),
                    ("modification", WallClock(seconds: file.modified).text),
                ])
            })
    }

    /// The name of the segment that holds a position; nil where there is none, or what is asked for is no position.
    func logFile(at position: Substring) -> String? {
        guard let position = LogSequenceNumber(String(position)) else { return nil }
        let files = (try? SegmentFile.all(in: logDirectory)) ?? []
        return files.last { $0.firstIndex.rawValue <= position.value }?.name
    }

    private var logDirectory: String { configuration.dataDirectory + "/log" }
}
