/// The constraints of a table, as its CREATE TABLE has them: SQLite's PRAGMAs tell neither their names nor the checks.
struct TableDefinition {
    struct Constraint: Equatable {
        /// PostgreSQL's letter: p, u, f, c; g for the expression of a generated column.
        var kind: String
        var name: String?
        /// What PostgreSQL calls a check that has no name, behind its table's.
        var label: String?
        /// The columns, in lower case; of a check those that it names.
        var columns: [String]
        /// Of a check, and of a generated column.
        var expression: String?
        var isDeferrable = false
        var isDeferred = false
    }

    private(set) var constraints: [Constraint] = []
    /// The table's columns, in lower case.
    private var columns: [String] = []

    init(_ sql: String) {
        let definition = DefinitionText(sql)
        guard let open = definition.tokens.indices.first(where: { definition.word($0) == "(" }),
            let close = definition.closing(open)
        else { return }
        let parts = definition.list(open + 1..<close).map { range in
            let isColumn = !Self.tableConstraints.contains(definition.word(range.lowerBound))
            return (range, column: isColumn ? definition.name(range.lowerBound).lowercased() : nil)
        }
        columns = parts.compactMap(\.column)
        for (range, column) in parts { read(definition, column == nil ? range : range.dropFirst(), of: column) }
        nameChecks(of: definition.name(open - 1).lowercased())
    }

    private static let tableConstraints: Set = ["constraint", "primary", "unique", "check", "foreign"]

    /// A check is called after the column that it names, if it is one, and gets a number where the name is taken.
    private mutating func nameChecks(of table: String) {
        var taken = Set(constraints.compactMap { $0.name?.lowercased() })
        for place in constraints.indices where constraints[place].kind == "c" && constraints[place].name == nil {
            let columns = constraints[place].columns
            let base = columns.count == 1 ? "\(columns[0])_check" : "check"
            var (label, number) = (base, 0)
            while !taken.insert("\(table)_\(label)").inserted {
                number += 1
                label = "\(base)\(number)"
            }
            constraints[place].label = label
        }
    }

    /// The columns that a range names, in the table's order.
    private func columns(namedIn range: Range<Int>, of text: DefinitionText) -> [String] {
        let names = range.filter { text.tokens[$0].isName && text.word($0 + 1) != "(" }
        return columns.filter(names.map { text.name($0).lowercased() }.contains)
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
                add("c", &name, columns(namedIn: place + 2..<close, of: text), text.text(place + 2..<close))
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
                    + "\"label\":\(constraint.label.map(JSONText.string) ?? "null"),"
                    + "\"columns\":\(columns),\"expression\":\(constraint.expression.map(JSONText.string) ?? "null"),"
                    + "\"deferrable\":\(constraint.isDeferrable ? 1 : 0),\"deferred\":\(constraint.isDeferred ? 1 : 0)}"
            })
    }
}
