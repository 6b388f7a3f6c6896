import PostgresWire

// What names mean.
extension ExpressionTyper {
    /// The type of a column by its name, and that of its table if it is said.
    ///
    /// - Parameter place: where the name stands; nil where only the columns of tables can be meant.
    func column(_ name: String, of table: String?, at place: Int? = nil) -> ExpressionType {
        if name == "tableoid", scope.mentionsCatalog { return .known(.oid) }
        if let table, let known = scope.tables[table] ?? scope.rows[table], let columns = columns(known) {
            return Self.type(of: name, in: columns)
        }
        guard !open.contains(name) else {
            found.metAgain.insert(name)
            return .any
        }
        // `s.name` is a query's, where `s` is no table.
        if table == nil, let place, scope.impliedColumns[name] != nil, let type = nearColumn(name, at: place) {
            return type
        }
        guard let implied = scope.impliedColumns(name, at: place) else { return .unknown }
        let key = NameTypes.Key(name: name, queries: implied.map(\.query.lowerBound))
        if let known = found.types[key] { return known }
        var result = ExpressionType.any
        var isFound = false
        for table in Set(scope.tables.values) where scope.isMentioned(table, outsideOf: implied) {
            guard let columns = columns(table), columns[name] != nil || Self.isRowID(name) else { continue }
            isFound = true
            result = result.or(Self.type(of: name, in: columns))
        }
        var inner = self
        inner.open.insert(name)
        var expressions = scope.expressions[name] ?? (isFound ? [] : scope.impliedNames[name] ?? [])
        if !implied.isEmpty { expressions = (scope.expressions[name] ?? []) + implied.map(\.expression) }
        for expression in expressions {
            // A column by its own name is the table's.
            if expression.count == 1, items.name(at: expression.lowerBound) == name { continue }
            isFound = true
            result = result.or(inner.type(of: expression))
        }
        found.metAgain.remove(name)
        if found.metAgain.isEmpty { found.types[key] = isFound ? result : .unknown }
        return isFound ? result : .unknown
    }

    /// The type of a column of the tables that the query around a place is of; nil where it may be another column.
    private func nearColumn(_ name: String, at place: Int) -> ExpressionType? {
        guard let arm = scope.arm(around: place) else { return nil }
        let key = NameTypes.NearKey(name: name, arm: arm)
        if let known = found.near[key] { return known }
        let type = column(name, of: scope.sources(of: arm))
        found.near[key] = .some(type)
        return type
    }

    private func column(_ name: String, of sources: ArraySlice<StatementScope.Source>) -> ExpressionType? {
        var type: ExpressionType?
        for source in sources {
            switch source.kind {
            case .table(let table):
                guard let columns = columns(table), columns[name] != nil || Self.isRowID(name) else { continue }
                type = (type ?? .any).or(Self.type(of: name, in: columns))
            case .query: continue
            case .target: return nil
            }
        }
        return type
    }

    private static func isRowID(_ name: String) -> Bool { ["rowid", "oid", "_rowid_"].contains(name) }

    static func type(of name: String, in columns: [String: PostgresType]) -> ExpressionType {
        if let type = columns[name] { return .known(type) }
        return isRowID(name) ? .known(.int8) : .unknown
    }
}
