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
                return try node(document, values[1], &work).flatMap { try text(document, $0, &work) }
            },
            function("tandem_json_text", isStopped) { values, work in try textBehindArrow(values, &work) },
            DatetimeFunctions.strict("tandem_json_type", 1) { values in
                var work = FunctionWork(isStopped: isStopped)
                do {
                    let kind = try document(values[0], &work).nodes[0].kind
                    return "\(kind)"
                } catch let ended as FunctionWork.Ended {
                    throw ended.error("the JSON document is too large for this function")
                }
            },
            // What SQLite's `->>` gives of a value that is written as this text.
            DatetimeFunctions.strict("tandem_json_scalar", 1) { values in
                guard case .string(let text) = values[0].storage else { return values[0] }
                if let boolean = ["true": 1, "false": 0][text] { return boolean }
                if let integer = Int64(text) { return integer }
                return Double(text)?.databaseValue ?? values[0]
            },
        ] + removing(isStopped)
    }

    /// `->>`: a number leads to an element, a text to a member.
    private static func textBehindArrow(_ values: [DatabaseValue], _ work: inout FunctionWork) throws -> String? {
        let document = try document(values[0], &work)
        let step: String
        if case .int64(let number) = values[1].storage {
            guard document.nodes[0].kind == .array else { return nil }
            step = String(number)
        } else {
            step = values[1].asText ?? ""
            // A parameter may hold one of SQLite's paths.
            if step.hasPrefix("$"), try document.node(along: [step], &work) == nil, let steps = JSONPath.steps(step) {
                return try document.node(along: steps, &work).flatMap { try text(document, $0, &work) }
            }
            guard document.nodes[0].kind == .object else { return nil }
        }
        return try document.node(along: [step], &work).flatMap { try text(document, $0, &work) }
    }

    /// `-` of a key or of an element by its number, of several keys, and `#-`.
    private static func removing(_ isStopped: @escaping @Sendable () -> Bool) -> [DatabaseFunction] {
        [
            function("tandem_json_remove", isStopped) { values, work in
                let document = try document(values[0], &work)
                guard case .int64(let number) = values[1].storage else {
                    return try removed(document.without([values[1].asText ?? ""], &work))
                }
                if document.nodes[0].kind == .object {
                    throw DatabaseError(
                        resultCode: .SQLITE_FORMAT, message: "cannot delete from object using integer index")
                }
                return try removed(document.without(element: Int(clamping: number), &work))
            },
            function("tandem_json_remove_all", isStopped) { values, work in
                let names = ArrayText(values[1])?.elements.compactMap { $0 } ?? []
                return try removed(document(values[0], &work).without(names, &work))
            },
            function("tandem_json_remove_at", isStopped) { values, work in
                let path = try path(values[1])
                return try removed(document(values[0], &work).without(at: path, &work))
            },
        ]
    }

    private static func removed(_ text: String?) throws -> String {
        guard let text else { throw DatabaseError(resultCode: .SQLITE_FORMAT, message: "cannot delete from scalar") }
        return text
    }

    private static func text(_ document: JSONDocument, _ node: Int, _ work: inout FunctionWork) throws -> String? {
        switch document.nodes[node].kind {
        case .null: return nil
        case .string: return String(decoding: try document.scalar(node, &work).bytes, as: UTF8.self)
        case .boolean, .number, .array, .object: return document.source(node)
        }
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
        try document.node(along: self.path(path), &work)
    }

    private static func path(_ value: DatabaseValue) throws -> [String?] {
        guard let steps = ArrayText(value)?.elements else {
            throw DatetimeError.invalid("a path into JSON is an array, such as '{key,0}'")
        }
        return steps
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
