import CTandemSQLite

/// Asks SQLite for the shape of tables. Its statements may run inside of the preupdate hook.
struct TableShapeReader {
    private let connection: OpaquePointer
    private let list: OwnStatement
    private let columns: OwnStatement
    private let keyIndexes: OwnStatement
    private let keyedPlaces: OwnStatement

    init(_ connection: OpaquePointer) throws(SQLiteError) {
        self.connection = connection
        list = try OwnStatement(
            connection, "SELECT wr FROM pragma_table_list(?1) WHERE schema = 'main' AND name = ?1")
        columns = try OwnStatement(
            connection,
            "SELECT name, type, pk, hidden, dflt_value IS NOT NULL FROM pragma_table_xinfo(?1, 'main') ORDER BY cid")
        keyIndexes = try OwnStatement(
            connection, "SELECT count(*) FROM pragma_index_list(?1, 'main') WHERE origin = 'pk'")
        // By the name of a WITHOUT ROWID table: its columns as they lie in its rows ("PRAGMA index_xinfo" in SQLite's
        // documentation).
        keyedPlaces = try OwnStatement(
            connection, "SELECT cid FROM pragma_index_xinfo(?1, 'main') ORDER BY seqno")
    }

    /// The table's shape; nil if there is no such table.
    func read(_ name: String) throws(SQLiteError) -> TableShape? {
        list.bind(name, at: 1)
        defer { list.reset() }
        guard try list.step() else { return nil }
        let isWithoutRowid = list.int64(0) != 0
        var found = try readColumns(name)
        guard !found.isEmpty else { return nil }
        if isWithoutRowid { try readKeyedPlaces(name, &found) }
        let keys = found.indices.filter { found[$0].isPrimaryKey }
        var isAutoincrement = false
        // An index says that the key is none of the rowid: INTEGER PRIMARY KEY DESC looks just like an alias.
        if !isWithoutRowid, keys.count == 1, found[keys[0]].declaredType.uppercased() == "INTEGER",
            try !hasKeyIndex(name)
        {
            found[keys[0]].isRowidAlias = true
            isAutoincrement = countsUp(name, found[keys[0]].name)
        }
        return TableShape(
            name: name, isWithoutRowid: isWithoutRowid, isAutoincrement: isAutoincrement, columns: found)
    }

    private func readColumns(_ name: String) throws(SQLiteError) -> [TableShape.Column] {
        var found: [TableShape.Column] = []
        var stored: Int32 = 0
        columns.bind(name, at: 1)
        defer { columns.reset() }
        while try columns.step() {
            let hidden = columns.int64(3)  // 2: generated, virtual; 3: generated, stored.
            found.append(
                TableShape.Column(
                    name: columns.text(0), declaredType: columns.text(1), place: Int32(found.count),
                    storedPlace: stored, keyedPlace: nil, isPrimaryKey: columns.int64(2) > 0, isRowidAlias: false,
                    isStored: hidden != 2 && hidden != 3, isVirtual: hidden == 2,
                    hasDefault: columns.int64(4) != 0))
            if hidden != 2 { stored += 1 }
        }
        return found
    }

    private func readKeyedPlaces(_ name: String, _ columns: inout [TableShape.Column]) throws(SQLiteError) {
        keyedPlaces.bind(name, at: 1)
        defer { keyedPlaces.reset() }
        var place: Int32 = 0
        while try keyedPlaces.step() {
            let column = Int(keyedPlaces.int64(0))
            // A key may name a column twice, with two collations: the first is asked for.
            if columns.indices.contains(column), columns[column].keyedPlace == nil {
                columns[column].keyedPlace = place
            }
            place += 1
        }
    }

    private func hasKeyIndex(_ name: String) throws(SQLiteError) -> Bool {
        keyIndexes.bind(name, at: 1)
        defer { keyIndexes.reset() }
        return try keyIndexes.step() && keyIndexes.int64(0) > 0
    }

    private func countsUp(_ table: String, _ column: String) -> Bool {
        var isAutoincrement: Int32 = 0
        let code = sqlite3_table_column_metadata(
            connection, "main", table, column, nil, nil, nil, nil, &isAutoincrement)
        return code == SQLITE_OK && isAutoincrement != 0
    }
}
