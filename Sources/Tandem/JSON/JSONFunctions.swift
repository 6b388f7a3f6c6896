import GRDB

/// PostgreSQL's operators of JSON documents, as far as SQLite has none that does the same (its manual, 9.16).
enum JSONFunctions {
    /// - Parameter isStopped: whether the statement that calls them is to end.
    static func all(_ isStopped: @escaping @Sendable () -> Bool) -> [DatabaseFunction] {
        [
            function("tandem_json_contains", isStopped) { values, work in
                let other = try document(values[1], &work)
                return try document(values[0], &work).contains(other, &work) ? 1 : 0
            },
            function("tandem_json_join", isStopped) { values, work in
                let other = try document(values[1], &work)
                return try document(values[0], &work).joined(with: other, &work)
            },
            function("tandem_json_at", isStopped) { values, work in
                let document = try document(values[0], &work)
                return try node(document, values[1], &work).map(document.source)
            },
            // The same as a text: a string without quotes, and no null.
            function("tandem_json_text_at", isStopped) { values, work in
                let document = try document(values[0], &work)
                guard let node = try node(document, values[1], &work) else { return nil }
                switch document.nodes[node].kind {
                case .null: return nil
                case .string: return String(decoding: try document.scalar(node, &work).bytes, as: UTF8.self)
                case .boolean, .number, .array, .object: return document.source(node)
                }
            },
        ]
    }

    private static func function(
        _ name: String, _ isStopped: @escaping @Sendable () -> Bool,
        _ body: @escaping @Sendable ([DatabaseValue], inout FunctionWork) throws -> (any DatabaseValueConvertible)?
    ) -> DatabaseFunction {
        DatetimeFunctions.strict(name, 2) { values in
            var work = FunctionWork(isStopped: isStopped)
            do {
                return try body(values, &work)
            } catch let ended as FunctionWork.Ended {
                throw ended.error("the JSON documents are too large for this operator")
            }
        }
    }

    private static func node(
        _ document: JSONDocument, _ path: DatabaseValue, _ work: inout FunctionWork
    ) throws -> Int? {
        guard let steps = ArrayText(path)?.elements else {
            throw DatetimeError.invalid("a path into JSON is an array, such as '{key,0}'")
        }
        return try document.node(along: steps, &work)
    }

    private static func document(_ value: DatabaseValue, _ work: inout FunctionWork) throws -> JSONDocument {
        let text = value.asText ?? ""
        if let document = try JSONDocument(text, &work) { return document }
        // An array of a statement, as clients write one.
        if text.hasPrefix("{"), text.hasSuffix("}"), let array = ArrayText(text)?.ofNumbers,
            let document = try JSONDocument(array.json, &work)
        {
            return document
        }
        throw DatabaseError(resultCode: .SQLITE_FORMAT, message: "malformed JSON")
    }
}
