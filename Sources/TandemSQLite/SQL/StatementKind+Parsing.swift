extension StatementKind {
    /// What the first statement in `sql` is.
    public init(_ sql: String) {
        var sql = sql
        self = sql.withUTF8 { StatementKind($0) }
    }

    /// What the first statement in `text`, from `offset` on, is.
    public init(_ text: UnsafeBufferPointer<UInt8>, from offset: Int = 0) {
        var cursor = SQLTokenCursor(text, from: offset)
        guard let first = cursor.current else {
            self = .empty
            return
        }
        guard first.kind == .word else {
            self = .other
            return
        }
        self =
            Self.rows(&cursor) ?? Self.transaction(&cursor) ?? Self.definition(&cursor) ?? Self.whole(&cursor)
            ?? .other
    }

    /// Statements that read or change rows.
    private static func rows(_ cursor: inout SQLTokenCursor) -> StatementKind? {
        if cursor.isAt("select") || cursor.isAt("values") { return .select }
        if cursor.isAt("insert") || cursor.isAt("replace") { return .insert }
        if cursor.isAt("update") { return .update }
        if cursor.isAt("delete") { return .delete }
        if cursor.take("with") { return afterWith(&cursor) }
        if cursor.take("explain") { return explain(&cursor) }
        return nil
    }

    /// The verb behind common table expressions: the first at no depth of parentheses.
    private static func afterWith(_ cursor: inout SQLTokenCursor) -> StatementKind {
        var depth = 0
        while cursor.current != nil {
            if cursor.isAt(symbol: "(") {
                depth += 1
            } else if cursor.isAt(symbol: ")") {
                depth -= 1
            } else if depth == 0 {
                if cursor.isAt("select") || cursor.isAt("values") { return .select }
                if cursor.isAt("insert") || cursor.isAt("replace") { return .insert }
                if cursor.isAt("update") { return .update }
                if cursor.isAt("delete") { return .delete }
            }
            cursor.advance()
        }
        return .other
    }

    private static func explain(_ cursor: inout SQLTokenCursor) -> StatementKind {
        if cursor.take("query") { _ = cursor.take("plan") }
        guard cursor.take("pragma"), case .pragma(let pragma) = pragma(&cursor) else { return .explain }
        return pragma.argument == nil ? .explain : .explainPragma
    }

    private static func transaction(_ cursor: inout SQLTokenCursor) -> StatementKind? {
        if cursor.isAt("begin") || cursor.isAt("start") { return .begin }
        if cursor.isAt("commit") || cursor.isAt("end") { return .commit }
        if cursor.isAt("abort") { return .rollback }
        if cursor.take("rollback") {
            _ = cursor.take("transaction") || cursor.take("work")
            guard cursor.take("to") else { return .rollback }
            _ = cursor.take("savepoint")
            return cursor.takeName().map(StatementKind.rollbackTo) ?? .other
        }
        if cursor.take("savepoint") { return cursor.takeName().map(StatementKind.savepoint) ?? .other }
        if cursor.take("release") {
            _ = cursor.take("savepoint")
            return cursor.takeName().map(StatementKind.release) ?? .other
        }
        return nil
    }

    private static func definition(_ cursor: inout SQLTokenCursor) -> StatementKind? {
        if cursor.take("create") { return create(&cursor) }
        if cursor.take("drop") {
            let isTable = cursor.isAt("table")
            cursor.advance()
            if cursor.take("if") { _ = cursor.take("exists") }
            guard let name = cursor.takeQualifiedName() else { return .other }
            return isTable ? .dropTable(SQLName(name)) : .drop(SQLName(name))
        }
        if cursor.take("alter") {
            guard cursor.take("table"), let name = cursor.takeQualifiedName() else { return .other }
            return .alterTable(SQLName(name))
        }
        return nil
    }

    private static func create(_ cursor: inout SQLTokenCursor) -> StatementKind {
        if cursor.isAt("temp") || cursor.isAt("temporary") { return .createTemporary }
        if cursor.take("virtual") { return createVirtualTable(&cursor) }
        if cursor.take("table") {
            guard let name = takeNewName(&cursor) else { return .other }
            return cursor.isAt("as") ? .createTableAsSelect(name) : .createTable(name)
        }
        if cursor.take("view") { return takeNewName(&cursor).map(StatementKind.createView) ?? .other }
        if cursor.take("trigger") { return takeNewName(&cursor).map(StatementKind.createTrigger) ?? .other }
        _ = cursor.take("unique")
        guard cursor.take("index") else { return .other }
        return takeNewName(&cursor).map(StatementKind.createIndex) ?? .other
    }

    private static func createVirtualTable(_ cursor: inout SQLTokenCursor) -> StatementKind {
        guard cursor.take("table"), let name = takeNewName(&cursor), cursor.take("using"),
            let module = cursor.takeName()
        else { return .other }
        return .createVirtualTable(name, module: module)
    }

    private static func takeNewName(_ cursor: inout SQLTokenCursor) -> SQLName? {
        if cursor.take("if") {
            _ = cursor.take("not")
            _ = cursor.take("exists")
        }
        return cursor.takeQualifiedName().map(SQLName.init)
    }

    /// Statements about the whole database.
    private static func whole(_ cursor: inout SQLTokenCursor) -> StatementKind? {
        if cursor.take("pragma") { return pragma(&cursor) }
        if cursor.isAt("attach") { return .attach }
        if cursor.isAt("detach") { return .detach }
        if cursor.isAt("vacuum") { return .vacuum }
        if cursor.isAt("reindex") { return .reindex }
        if cursor.isAt("analyze") { return .analyze }
        return nil
    }

    private static func pragma(_ cursor: inout SQLTokenCursor) -> StatementKind {
        guard let name = cursor.takeQualifiedName() else { return .other }
        let hasArgument = cursor.take(symbol: "=") || cursor.take(symbol: "(")
        var argument: String?
        if hasArgument, let token = cursor.current {
            let sign = cursor.take(symbol: "-") ? "-" : ""
            argument = sign + (cursor.takeName() ?? String(decoding: cursor.text[token.range], as: UTF8.self))
        }
        return .pragma(PragmaStatement(schema: name.schema, name: name.name.lowercased(), argument: argument))
    }
}

extension SQLName {
    init(_ qualified: (schema: String?, name: String)) {
        self.init(schema: qualified.schema, qualified.name)
    }
}
