/// The constraints of a table, as its CREATE TABLE has them: SQLite's PRAGMAs tell neither their names nor the checks.
struct TableDefinition {
    struct Constraint: Equatable {
        /// PostgreSQL's letter: p, u, f, c; g for the expression of a generated column.
        var kind: String
        var name: String?
        /// The columns, in lower case; those of a check only where it is written with its column.
        var columns: [String]
        /// Of a check, and of a generated column.
        var expression: String?
        var isDeferrable = false
        var isDeferred = false
    }

    private(set) var constraints: [Constraint] = []

    init(_ sql: String) {
        let definition = DefinitionText(sql)
        guard let open = definition.tokens.indices.first(where: { definition.word($0) == "(" }),
            let close = definition.closing(open)
        else { return }
        for part in definition.list(open + 1..<close) {
            let isTableConstraint = ["constraint", "primary", "unique", "check", "foreign"].contains(
                definition.word(part.lowerBound))
            let column = isTableConstraint ? nil : definition.name(part.lowerBound).lowercased()
            read(definition, isTableConstraint ? part : part.dropFirst(), of: column)
        }
    }

    /// Reads the constraints of one column, or one of the table.
    private mutating func read(_ text: DefinitionText, _ range: Range<Int>, of column: String?) {
        var place = range.lowerBound
        var name: String?
        while place < range.upperBound {
            let own = column.map { [$0] } ?? []
            switch text.word(place) {
            case "(":
                place = (text.closing(place) ?? place) + 1
                continue
            case "constraint":
                name = text.name(place + 1)
                place += 2
                continue
            case "primary": add("p", &name, columns(text, place + 2) ?? own)
            case "unique": add("u", &name, columns(text, place + 1) ?? own)
            case "foreign": add("f", &name, columns(text, place + 2) ?? own)
            case "references": if column != nil { add("f", &name, own) }
            case "check":
                guard let close = text.closing(place + 1) else { return }
                add("c", &name, own, text.text(place + 2..<close))
                place = close + 1
                continue
            case "as" where column != nil && text.word(place + 1) == "(":
                guard let close = text.closing(place + 1) else { return }
                add("g", &name, own, text.text(place + 2..<close))
                place = close + 1
                continue
            case "deferrable" where text.word(place - 1) != "not": change { $0.isDeferrable = true }
            case "deferred" where text.word(place - 1) == "initially": change { $0.isDeferred = true }
            default: break
            }
            place += 1
        }
    }

    private mutating func add(_ kind: String, _ name: inout String?, _ columns: [String], _ expression: String? = nil) {
        constraints.append(Constraint(kind: kind, name: name, columns: columns, expression: expression))
        name = nil
    }

    /// DEFERRABLE stands behind the foreign key that it is about.
    private mutating func change(_ body: (inout Constraint) -> Void) {
        guard let last = constraints.indices.last, constraints[last].kind == "f" else { return }
        body(&constraints[last])
    }

    /// `(a, b)`; nil if there is no parenthesis.
    private func columns(_ text: DefinitionText, _ open: Int) -> [String]? {
        guard text.word(open) == "(", let close = text.closing(open) else { return nil }
        return text.list(open + 1..<close).map { text.name($0.lowerBound).lowercased() }
    }

    var json: String {
        JSONText.array(
            constraints.map { constraint in
                let columns =
                    constraint.columns.isEmpty ? "null" : JSONText.array(constraint.columns.map(JSONText.string))
                return "{\"kind\":\"\(constraint.kind)\",\"name\":\(constraint.name.map(JSONText.string) ?? "null"),"
                    + "\"columns\":\(columns),\"expression\":\(constraint.expression.map(JSONText.string) ?? "null"),"
                    + "\"deferrable\":\(constraint.isDeferrable ? 1 : 0),\"deferred\":\(constraint.isDeferred ? 1 : 0)}"
            })
    }
}
