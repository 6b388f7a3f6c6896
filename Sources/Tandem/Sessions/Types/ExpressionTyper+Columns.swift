import PostgresWire

// What names mean: a column of what the query around them is of, or one of the queries around that.
extension ExpressionTyper {
    /// A column of a query of WITH.
    struct NamedColumn: Hashable {
        var body: Int
        var name: String
    }

    /// What has been found of names: each is looked for once in each query, however many expressions it is in.
    final class NameTypes {
        struct Key: Hashable {
            var name: String
            var table: String?
            var arm: StatementScope.Arm
            /// Whether the names that the query gives to its columns can be meant.
            var isBehindList: Bool
        }

        /// The names of a query's columns, by the first item of its body.
        struct Output {
            var arms: [SelectList]
            /// The first column of each name.
            var columns: [String: Int] = [:]
            /// How many stand before the first star.
            var countBeforeStars = 0
        }

        /// Nil where the query has none of that name.
        var types: [Key: ExpressionType?] = [:]
        var named: [NamedColumn: Member] = [:]
        var outputs: [Int: Output] = [:]
        var lists: [StatementScope.Arm: SelectList] = [:]
        /// Columns that were met again while they were looked for: what is found meanwhile is not all that there is.
        var metAgain: Set<NamedColumn> = []
        /// The types of operands of `||` and `-`, and of what parentheses hold: one within others is asked for with each
        /// of them.
        var operands: [Range<Int>: ExpressionType] = [:]
        /// How many sources were looked at.
        var steps = 0
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
    private func member(_ name: String, of table: String?, in arm: StatementScope.Arm) -> Member {
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
            if let query = scope.namedQuery(table, at: source.place) { return member(name, of: query) }
            guard source.columns.isEmpty, let columns = columns(table) else { return .maybe }
            return Self.member(name, of: columns)
        case .query(let body): return member(name, of: body, source.columns)
        case .call(let call):
            let isOwn = source.columns.count <= 1 && name == source.columns.first ?? source.name
            return isOwn ? .type(type(of: call)) : .maybe
        }
    }

    /// - Parameter columns: with their types; nil for one of no known type.
    private static func member(_ name: String, of columns: [String: PostgresType?]) -> Member {
        if let type = columns[name] { return .type(type.map { .known($0) } ?? .unknown) }
        return ["rowid", "oid", "_rowid_"].contains(name) ? .type(.known(.int8)) : .no
    }

    // MARK: Queries

    /// A column of a query of WITH, which may be of itself.
    private func member(_ name: String, of query: StatementScope.NamedQuery) -> Member {
        let column = NamedColumn(body: query.body.lowerBound, name: name)
        guard !open.contains(column) else {
            found.metAgain.insert(column)
            return .type(.any)
        }
        if let known = found.named[column] { return known }
        var inner = self
        inner.open.insert(column)
        let member = inner.member(name, of: query.body, query.columns)
        found.metAgain.remove(column)
        if found.metAgain.isEmpty { found.named[column] = member }
        return member
    }

    /// A column of the query in `body`.
    ///
    /// - Parameter names: those that its columns get from outside.
    private func member(_ name: String, of body: Range<Int>, _ names: [String]) -> Member {
        let output = output(body)
        if let column = names.firstIndex(of: name) { return .type(query(output.arms, column: column)) }
        if let column = output.columns[name], column >= names.count {
            if column < output.countBeforeStars { return .type(query(output.arms, column: column)) }
            guard output.arms.count == 1, let item = output.arms.first?.items[column] else { return .maybe }
            return .type(type(of: item.expression))
        }
        return names.isEmpty ? starMember(name, of: output.arms) : .maybe
    }

    private func output(_ body: Range<Int>) -> NameTypes.Output {
        if let known = found.outputs[body.lowerBound] { return known }
        var output = NameTypes.Output(arms: SelectList.arms(of: items, in: body))
        let first = output.arms.first?.items ?? []
        output.countBeforeStars = first.firstIndex { $0.isStar } ?? first.count
        for (column, item) in first.enumerated() where !item.isStar {
            guard let name = item.name ?? ColumnNames.name(of: item.expression, in: items) else { continue }
            if output.columns[name] == nil { output.columns[name] = column }
        }
        found.outputs[body.lowerBound] = output
        return output
    }

    /// A column that `*` or `table.*` stands for.
    private func starMember(_ name: String, of arms: [SelectList]) -> Member {
        guard !arms.isEmpty else { return .maybe }
        // With UNION it is one by its number, and by its name where nothing stands before it.
        if arms.count > 1, arms.contains(where: { $0.items.first?.isStar == true }) {
            guard arms.allSatisfy({ $0.items.count == 1 }) else { return .maybe }
        }
        var result: Member = .no
        for item in arms.flatMap(\.items) where item.isStar {
            let place = item.expression.lowerBound
            let table = item.expression.count > 1 ? items.name(at: item.expression.upperBound - 3) : nil
            switch (result, member(name, of: table, in: scope.arm(at: place))) {
            case (.type(let one), .type(let other)): result = .type(one.or(other))
            case (.no, let member): result = member
            case (.maybe, .type(let type)) where arms.count == 1: result = .type(type)
            case (.type, .no), (.type, .maybe): if arms.count > 1 { result = .maybe }
            case (.maybe, _): break
            }
        }
        return result
    }
}

extension ExpressionTyper.Member {
    /// That of the column; unknown where there may be none.
    fileprivate var type: ExpressionType {
        if case .type(let type) = self { return type }
        return .unknown
    }
}
