import PostgresWire

// What names mean: a column of what the query around them is of, or one of the queries around that.
extension ExpressionTyper {
    /// A column of a query or function, by where that begins.
    struct SourceColumn: Hashable {
        var start: Int
        var name: String
    }

    /// Whether something has a column of a name.
    enum Member {
        case no
        /// Nothing is known of its columns.
        case maybe
        case type(ExpressionType)
    }

    /// So many sources are looked at, so that a statement is understood in a time that has a bound; of the names behind them
    /// nothing is known.
    private static let maximumOfSteps = 100_000

    /// The type of a column by its name, and that of its table if it is said.
    func column(_ name: String, of table: String?, at place: Int) -> ExpressionType {
        if name == "tableoid", scope.mentionsCatalog { return .known(.oid) }
        var around: Int? = place
        while let place = around {
            if let type = nearColumn(name, of: table, at: place) { return type }
            around = scope.queries[place]
        }
        // Of a trigger's row, or of what is defined.
        let known = table == nil || table == scope.definition?.table ? scope.definition?.table : scope.rows[table ?? ""]
        return known.map { column(name, ofTable: $0) } ?? .unknown
    }

    /// The type of a table's column.
    func column(_ name: String, ofTable table: String) -> ExpressionType {
        columns(table).map { Self.member(name, of: $0).type } ?? .unknown
    }

    /// The type of a column of the innermost query around a place; nil where it has none of that name.
    private func nearColumn(_ name: String, of table: String?, at place: Int) -> ExpressionType? {
        let arm = scope.arm(at: place)
        let list = table == nil ? list(of: arm) : nil
        let isBehindList = list?.items.last.map { place >= $0.expression.upperBound } ?? false
        let key = NameTypes.Key(name: name, table: table, arm: arm, isBehindList: isBehindList)
        if let known = found.types[key] { return known }
        let type = column(name, of: table, in: arm, isBehindList ? list : nil)
        if found.metAgain.isEmpty { found.types[key] = .some(type) }
        return type
    }

    private func column(
        _ name: String, of table: String?, in arm: StatementScope.Arm, _ list: SelectList?
    ) -> ExpressionType? {
        switch member(name, of: table, in: arm) {
        case .type(let type): return type
        case .maybe where table != nil: return .unknown
        case let member:
            if let item = list?.items.first(where: { $0.name == name && !$0.isStar }) {
                return type(of: item.expression)
            }
            if case .maybe = member { return .unknown }
            return nil
        }
    }

    private func list(of arm: StatementScope.Arm) -> SelectList? {
        if let known = found.lists[arm] { return known }
        guard let select = scope.select(of: arm) else { return nil }
        let list = SelectList(items, at: select)
        found.lists[arm] = list
        return list
    }

    // MARK: Sources

    /// Whether what a query is of has a column of that name: its table, if it is said, or all together.
    func member(_ name: String, of table: String?, in arm: StatementScope.Arm) -> Member {
        var result: Member = .no
        for source in scope.sources(of: arm) {
            // `excluded` is a row of the target, too.
            guard table == nil || source.name == table || arm.isOfTarget && table == "excluded" else { continue }
            found.steps += 1
            guard found.steps < Self.maximumOfSteps else { return .type(.unknown) }
            let member = member(name, of: source)
            switch (result, member) {
            case (.type(let one), .type(let other)): result = .type(one.or(other))
            case (_, .type), (.no, .maybe): result = member
            default: break
            }
            // It has none of that name: that is an error, and no column of another.
            if table != nil, case .no = member { result = .maybe }
        }
        return result
    }

    private func member(_ name: String, of source: StatementScope.Source) -> Member {
        switch source.kind {
        case .table(let table):
            // They would have to be counted.
            guard source.columns.isEmpty else { return .maybe }
            if let query = scope.namedQuery(table, at: source.place) {
                // A recursive query's is of whatever type the rest of it is.
                return member(SourceColumn(start: query.body.lowerBound, name: name), metAgain: .type(.any)) {
                    $0.member(name, of: query.body, query.columns)
                }
            }
            return columns(table).map { Self.member(name, of: $0) } ?? .maybe
        case .query(let body):
            return member(SourceColumn(start: body.lowerBound, name: name), metAgain: .maybe) {
                $0.member(name, of: body, source.columns)
            }
        case .call(let call):
            let isOwn = source.columns.count <= 1 && name == source.columns.first ?? source.name
            guard isOwn else { return .maybe }
            return member(SourceColumn(start: call.lowerBound, name: name), metAgain: .maybe) {
                .type($0.type(of: call))
            }
        }
    }

    /// - Parameter columns: with their types; nil for one of no known type.
    private static func member(_ name: String, of columns: [String: PostgresType?]) -> Member {
        if let type = columns[name] { return .type(type.map { .known($0) } ?? .unknown) }
        return ["rowid", "oid", "_rowid_"].contains(name) ? .type(.known(.int8)) : .no
    }
}

extension ExpressionTyper.Member {
    /// That of the column; unknown where there may be none.
    fileprivate var type: ExpressionType {
        if case .type(let type) = self { return type }
        return .unknown
    }
}
