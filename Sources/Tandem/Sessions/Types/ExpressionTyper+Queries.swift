import PostgresWire

// Columns of queries in FROM and WITH.
extension ExpressionTyper {
    /// Columns may be of each other so many times over; of one behind them nothing is known. Each takes room of a thread's
    /// stack.
    private static let maximumDepth = 100

    /// What is found of a column, which may lead back to itself.
    ///
    /// - Parameter metAgain: what it is where it does.
    func member(_ column: SourceColumn, metAgain: Member, _ find: (ExpressionTyper) -> Member) -> Member {
        guard !open.contains(column) else {
            found.metAgain.insert(column)
            return metAgain
        }
        if let known = found.members[column] { return known }
        guard open.count < Self.maximumDepth else { return .type(.unknown) }
        var inner = self
        inner.open.insert(column)
        let member = find(inner)
        found.metAgain.remove(column)
        if found.metAgain.isEmpty { found.members[column] = member }
        return member
    }

    /// A column of the query in `body`.
    ///
    /// - Parameter names: those that its columns get from outside.
    func member(_ name: String, of body: Range<Int>, _ names: [String]) -> Member {
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
