import PostgresWire

// What names mean.
extension ExpressionTyper {
    /// The type of a column by its name, and that of its table if it is said.
    func column(_ name: String, of table: String?) -> ExpressionType {
        if name == "tableoid", scope.mentionsCatalog { return .known(.oid) }
        if let table, let known = scope.tables[table] ?? scope.rows[table], let columns = columns(known) {
            return Self.type(of: name, in: columns)
        }
        guard !open.contains(name) else {
            found.metAgain.insert(name)
            return .any
        }
        if let known = found.types[name] { return known }
        var result = ExpressionType.any
        var isFound = false
        for table in Set(scope.tables.values) {
            guard let columns = columns(table), columns[name] != nil || Self.isRowID(name) else { continue }
            isFound = true
            result = result.or(Self.type(of: name, in: columns))
        }
        var inner = self
        inner.open.insert(name)
        for expression in scope.expressions[name] ?? (isFound ? [] : scope.impliedNames[name] ?? []) {
            // A column by its own name is the table's.
            if expression.count == 1, items.name(at: expression.lowerBound) == name { continue }
            isFound = true
            result = result.or(inner.type(of: expression))
        }
        found.metAgain.remove(name)
        if found.metAgain.isEmpty { found.types[name] = isFound ? result : .unknown }
        return isFound ? result : .unknown
    }

    private static func isRowID(_ name: String) -> Bool { ["rowid", "oid", "_rowid_"].contains(name) }

    static func type(of name: String, in columns: [String: PostgresType]) -> ExpressionType {
        if let type = columns[name] { return .known(type) }
        return isRowID(name) ? .known(.int8) : .unknown
    }
}
