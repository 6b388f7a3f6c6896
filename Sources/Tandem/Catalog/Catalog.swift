/// `pg_catalog` and `information_schema`: computed from SQLite's schema by the statement that asks, stored nowhere.
///
/// A statement that mentions one of the relations gets it as a common table expression. So there is nothing on the
/// connections, nothing in the schema, and nothing that could be replicated; and what users call their tables is their
/// own affair, but for the names in PostgreSQL's catalogue.
enum Catalog {
    /// The relations by name.
    static let relations: [String: CatalogRelation] = {
        let lines = CatalogColumns.text.split(separator: "\n").map(CatalogRelation.init(line:))
        return Dictionary(lines.map { ($0.name, $0) }) { first, _ in first }
    }()

    /// Where the rows come from; a relation that is not here is empty.
    private static let rows = objectRows.merging(nodeRows) { first, _ in first }
        .merging(statisticsRows) { first, _ in first }.merging(informationRows) { first, _ in first }

    /// The relations that others are made of, in order: each knows only those before it.
    private static let helpers = [
        (name: "_tandem_types", sql: types), (name: "_tandem_classes", sql: operatorClasses),
        (name: "_tandem_tables", sql: tables),
        (name: "_tandem_columns", sql: columns), (name: "_tandem_table_constraints", sql: tableConstraints),
        (name: "_tandem_index", sql: index), (name: "_tandem_constraint", sql: constraint),
        (name: "_tandem_names", sql: names), (name: "_tandem_indexes", sql: indexDefinitions),
        (name: "_tandem_constraints", sql: constraintDefinitions), (name: "_tandem_views", sql: viewDefinitions),
        (name: "_tandem_triggers", sql: triggerDefinitions), (name: "_tandem_sequences", sql: sequences),
        (name: "_tandem_sizes", sql: sizes),
    ]
    static let helperNames = helpers.map(\.name)

    /// The common table expressions for some relations, and for those they are made of; empty for none.
    static func definitions(of mentioned: Set<String>) -> String {
        guard !mentioned.isEmpty else { return "" }
        var needed = Set(mentioned)
        var definitions: [String] = []
        for name in mentioned.sorted() {
            guard let relation = relations[name] else { continue }
            let definition = relation.definition(rows[name])
            needed.formUnion(CatalogNames.mentioned(in: definition))
            definitions.append(definition)
        }
        var helpers: [String] = []
        for helper in Self.helpers.reversed() where needed.contains(helper.name) {
            needed.formUnion(CatalogNames.mentioned(in: helper.sql))
            helpers.append(helper.sql)
        }
        return (helpers.reversed() + definitions).joined(separator: ", ")
    }
}

/// The names of the catalogue.
enum CatalogNames {
    static func isRelation(_ name: String) -> Bool { Catalog.relations[name] != nil }

    /// The relations inside of the catalogue that a text mentions.
    static func mentioned(in text: String) -> Set<String> {
        guard text.contains("_tandem_") else { return [] }
        return Set(
            Catalog.helperNames.filter { name in
                text.ranges(of: name).contains { range in
                    range.upperBound == text.endIndex
                        || !(text[range.upperBound].isLetter || text[range.upperBound] == "_")
                }
            })
    }
}
