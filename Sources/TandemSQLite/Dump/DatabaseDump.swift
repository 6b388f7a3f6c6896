import CTandemSQLite

/// All that a database says, in an order that depends on nothing else: two nodes that hold the same have the same
/// dump. For tests and for comparing nodes.
///
/// Contents: user_version and application_id, the schema, and all rows of all tables with their rowids, those of
/// `sqlite_sequence` and of the tables of full-text indexes included; not Tandem's own state, nor what SQLite keeps for
/// itself, such as the order of pages and the statistics that ANALYZE makes. Reals are written bit by bit, and text that is
/// not UTF-8 as bytes.
public struct DatabaseDump {
    private let handle: OpaquePointer

    /// A condition on the names of the schema's objects.
    private static let isCompared =
        "substr(name, 1, 8) <> '\(StatementPolicy.ownPrefix)' AND substr(name, 1, 11) <> '\(StatisticsTable.prefix)'"

    /// A dump of what `reader` sees; in a transaction of its own if none is open (``ReaderConnection/beginRead()``).
    public init(_ reader: ReaderConnection) { handle = reader.connection.handle }

    /// A dump of what the writer sees.
    public init(_ writer: WriterConnection) { handle = writer.connection.handle }

    /// The dump as lines, in memory.
    public func lines() throws(SQLiteError) -> [String] {
        var lines: [String] = []
        try forEachLine { lines.append($0) }
        return lines
    }

    /// A digest of the lines (FNV-1a, 64 bits): good for finding differences, not against an attacker.
    public func digest() throws(SQLiteError) -> UInt64 {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        try forEachLine { line in
            for byte in line.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
            digest = (digest ^ 10) &* 0x100_0000_01B3
        }
        return digest
    }

    /// Calls `body` with each line.
    public func forEachLine(_ body: (String) -> Void) throws(SQLiteError) {
        let mustEnd = sqlite3_get_autocommit(handle) != 0
        if mustEnd { try OwnStatement(handle, "BEGIN").run() }
        defer { if mustEnd { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) } }
        for name in ["user_version", "application_id"] {
            let value = try OwnStatement(handle, "PRAGMA main.\(name)")
            if try value.step() { body("\(name) \(value.int64(0))") }
        }
        try dumpSchema(body)
        let tables = try OwnStatement(
            handle,
            """
            SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage <> 0
              AND \(Self.isCompared) ORDER BY name
            """)
        let shapes = try TableShapeReader(handle)
        while try tables.step() {
            guard let shape = try shapes.read(tables.text(0)) else { continue }
            try dumpTable(shape, body)
        }
    }

    private func dumpSchema(_ body: (String) -> Void) throws(SQLiteError) {
        let schema = try OwnStatement(
            handle,
            """
            SELECT type, name, tbl_name, sql FROM sqlite_schema
              WHERE \(Self.isCompared)
              ORDER BY type, name
            """)
        while try schema.step() {
            body("schema " + (0..<4).map { Self.text(of: schema.value($0)) }.joined(separator: " "))
        }
    }

    private func dumpTable(_ shape: TableShape, _ body: (String) -> Void) throws(SQLiteError) {
        let columns = shape.columns.map(\.name.quotedName)
        let rowid = shape.isWithoutRowid ? nil : shape.rowidName?.quotedName
        let keys = shape.columns.filter(\.isPrimaryKey).map(\.name.quotedName)
        let order = rowid.map { [$0] } ?? (keys.isEmpty ? columns : keys)
        let selected = (rowid.map { [$0] } ?? []) + columns
        let rows = try OwnStatement(
            handle,
            "SELECT \(selected.joined(separator: ", ")) FROM main.\(shape.name.quotedName) "
                + "ORDER BY \(order.joined(separator: ", "))")
        while try rows.step() {
            let values = selected.indices.map { Self.text(of: rows.value(Int32($0))) }
            body("row \(shape.name.quotedName) " + values.joined(separator: " "))
        }
    }

    private static func text(of value: ctandem_value) -> String {
        let bytes = UnsafeRawBufferPointer(start: value.bytes, count: Int(value.count))
        switch value.type {
        case SQLITE_INTEGER: return String(value.integer)
        case SQLITE_FLOAT: return "r" + String(value.real.bitPattern, radix: 16)
        case SQLITE_TEXT:
            guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
                return "t" + hexadecimal(bytes)
            }
            return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        case SQLITE_BLOB: return "x" + hexadecimal(bytes)
        default: return "NULL"
        }
    }

    private static func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
