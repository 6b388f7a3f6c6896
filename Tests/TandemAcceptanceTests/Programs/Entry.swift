import Foundation
import TandemTransactions

/// A row with a column of each type that programs use.
struct Entry: Codable, Hashable, Sendable {
    struct Tag: Codable, Hashable, Sendable {
        var name: String
        var weight: Int
    }

    var id: Int
    var isOpen: Bool
    var amount: Decimal
    var createdAt: Date
    var uid: UUID
    var data: Data
    var note: String?
    var tags: [Tag]
    var ratio: Double

    static let examples = [
        Entry(
            id: 1, isOpen: true, amount: Decimal(sign: .plus, exponent: -2, significand: 123_456),
            createdAt: Date(timeIntervalSinceReferenceDate: 642_033_753.123456), uid: UUID(), data: Data([0, 1, 0xFF]),
            note: "ü 'quoted' \\ 👍", tags: [Tag(name: "a\"b", weight: 2)], ratio: 0.1),
        Entry(
            id: 2, isOpen: false, amount: -7, createdAt: Date(timeIntervalSince1970: 0), uid: UUID(), data: Data(),
            note: nil, tags: [], ratio: -1e300),
    ]

    /// The only thing that is not the same everywhere: the names of the types.
    static func definition(of table: String, on engine: Engines) -> Statement {
        let types =
            switch engine {
            case .postgres: ["BOOLEAN", "NUMERIC(20, 6)", "TIMESTAMPTZ", "UUID", "BYTEA", "JSONB", "DOUBLE PRECISION"]
            case .mariadb: ["BOOLEAN", "DECIMAL(20, 6)", "DATETIME(6)", "UUID", "BLOB", "JSON", "DOUBLE"]
            case .tandem, .embedded, .model: ["BOOLEAN", "NUMERIC", "TIMESTAMP", "UUID", "BLOB", "JSON", "REAL"]
            }
        let names = ["is_open", "amount", "created_at", "uid", "data", "tags", "ratio"]
        let columns = zip(names, types).map { "\($0) \($1) NOT NULL" }.joined(separator: ", ")
        return "CREATE TABLE \(identifier: table) (id INTEGER PRIMARY KEY, note TEXT, \(raw: columns))"
    }

    func insertion(into table: String) -> Statement {
        """
        INSERT INTO \(identifier: table) (id, is_open, amount, created_at, uid, data, note, tags, ratio) VALUES \
        (\(id), \(isOpen), \(amount), \(createdAt), \(uid), \(data), \(note), \(JSON(tags)), \(ratio))
        """
    }
}
