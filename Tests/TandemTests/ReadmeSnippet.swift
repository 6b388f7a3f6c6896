import GRDB
import Tandem

struct Book: Codable, FetchableRecord, PersistableRecord {
    var id: Int64?
    var title: String
}

func keepBooks(in folder: String) async throws -> [String] {
    let primary = try await Node.start(
        NodeConfiguration(dataDirectory: folder + "/primary", role: .primary, listen: .loopback(port: 0)))
    let replica = try await Node.start(
        NodeConfiguration(
            dataDirectory: folder + "/replica", role: .replica(of: primary.address), listen: .loopback(port: 0)))
    try await primary.write { db in
        try db.execute(sql: "CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL)")
        try Book(title: "Emma").insert(db)
    }  // returns when both have it on disk
    let titles = try await primary.read { db in try String.fetchAll(db, sql: "SELECT title FROM book") }
    await replica.stop()
    await primary.stop()
    return titles
}
