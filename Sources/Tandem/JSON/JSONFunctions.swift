import GRDB

/// PostgreSQL's operators of JSON documents, as far as SQLite has none that does the same (its manual, 9.16).
enum JSONFunctions {
    static let all = [
        DatetimeFunctions.strict("tandem_json_contains", 2) { values in
            try document(values[0]).contains(try document(values[1])) ? 1 : 0
        },
        DatetimeFunctions.strict("tandem_json_path", 2) { values in
            guard let steps = ArrayText(values[1])?.elements else {
                throw DatetimeError.invalid("a path into JSON is an array, such as '{key,0}'")
            }
            return try document(values[0]).path(along: steps)
        },
        // What -> has found, as #>> tells it: a string without quotes, and no null.
        DatetimeFunctions.strict("tandem_json_text", 1) { values in
            let text = values[0].asText ?? ""
            switch try document(values[0]) {
            case .null: return nil
            case .string(let string): return string
            case .boolean, .integer, .real, .array, .object: return text
            }
        },
    ]

    private static func document(_ value: DatabaseValue) throws -> JSONDocument {
        let text = value.asText ?? ""
        if let document = JSONDocument(text) { return document }
        // An array of a statement, as clients write one.
        if text.hasPrefix("{"), text.hasSuffix("}"), let array = ArrayText(text)?.ofNumbers,
            let document = JSONDocument(array.json)
        {
            return document
        }
        throw DatabaseError(resultCode: .SQLITE_FORMAT, message: "malformed JSON")
    }
}
