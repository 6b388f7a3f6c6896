import Foundation
import GRDB
import PostgresWire

/// The SQL functions that statements are given in place of PostgreSQL's, on every connection of a node.
///
/// They know nothing but their arguments. What they are called by begins with `tandem_`, but for `regexp`, by which
/// SQLite's operator REGEXP goes.
enum CatalogFunctions {
    /// - Parameter isStopped: whether the statement that calls them is to end.
    static func install(on database: Database, isStopped: @escaping @Sendable () -> Bool) {
        for function in types + arrays + texts + definitions + DatetimeFunctions.all + TextFunctions.all
            + PatternFunctions.all(isStopped) + JSONFunctions.all(isStopped) + VarianceFunctions.all
        {
            database.add(function: function)
        }
        database.add(
            function: DatabaseFunction("tandem_uuid", argumentCount: 0) { _ in UUID().uuidString.lowercased() })
        database.add(
            function: DatabaseFunction("tandem_ordered", pure: true, aggregate: OrderedAggregate.self))
    }

    private static func function(
        _ name: String, _ arguments: Int,
        _ body: @escaping @Sendable ([DatabaseValue]) throws -> (any DatabaseValueConvertible)?
    ) -> DatabaseFunction {
        DatabaseFunction(name, argumentCount: arguments, pure: true, function: body)
    }

    private static let types = [
        // What a value is of to SQLite; where the text of an expression tells more, nobody asks here.
        function("tandem_typeof", 1) { values in
            switch values[0].storage {
            case .null: "unknown"
            case .int64: "bigint"
            case .double: "double precision"
            case .string: "text"
            case .blob: "bytea"
            }
        },
        function("tandem_boolean", 1) { values in
            guard case .string(let text) = values[0].storage else {
                return Int64.fromDatabaseValue(values[0]).map { $0 != 0 ? 1 : 0 }
            }
            guard let flag = PostgresBoolean.parse(text.utf8) else {
                throw DatabaseError(
                    resultCode: .SQLITE_FORMAT, message: "invalid input syntax for type boolean: \"\(text)\"")
            }
            return flag ? 1 : 0
        },
        function("tandem_bytea", 1, ByteaCast.cast),
        function("tandem_bytea_text", 1, ByteaCast.text),
        function("tandem_as_uuid", 1, UUIDCast.cast),
        function("tandem_type_oid", 1) { values in
            let declared = values[0].asText ?? ""
            return Int64((declared.isEmpty ? PostgresType.text : PostgresType(declaredAs: declared)).oid)
        },
        function("tandem_type_modifier", 1) { values in
            TypeNames.modifier(declaredAs: values[0].asText ?? "")
        },
        function("tandem_format_type", 2) { values in
            Int.fromDatabaseValue(values[0]).map {
                TypeNames.words(of: $0, modifier: Int.fromDatabaseValue(values[1]) ?? -1)
            }
        },
        function("tandem_regtype", 1) { values in
            if case .string(let text) = values[0].storage, Int(text) == nil { return TypeNames.oid(of: text) }
            return number(values[0]).map { $0 == 0 ? "-" : TypeNames.words(of: $0, modifier: -1) }
        },
        function("tandem_regtype_oid", 1) { values in values[0].asText.flatMap(TypeNames.oid) },
        function("tandem_regproc", 1) { values in
            if case .string(let text) = values[0].storage { return TypeNames.unqualified(text) }
            return Int64.fromDatabaseValue(values[0])
        },
        function("tandem_regnamespace", 1) { values in
            let schemas = [(11, "pg_catalog"), (2200, "public"), (13000, "information_schema")]
            if case .string(let text) = values[0].storage, Int(text) == nil {
                return schemas.first { $0.1 == TypeNames.unqualified(text) }?.0
            }
            return number(values[0]).flatMap { number in schemas.first { $0.0 == number }?.1 }
        },
        function("tandem_name", 1) { values in values[0].asText.map(TypeNames.unqualified) },
    ]

    private static let arrays = [
        function("tandem_array", 1) { values in ArrayText(values[0]).map(\.json) ?? "[]" },
        function("tandem_array_to_string", 2) { values in
            guard let array = ArrayText(values[0]), let separator = values[1].asText else {
                return nil
            }
            return array.elements.compactMap { $0 }.joined(separator: separator)
        },
        function("tandem_element", 2) { values in
            guard let array = ArrayText(values[0]), let index = Int.fromDatabaseValue(values[1]) else { return nil }
            let (place, overflow) = index.subtractingReportingOverflow(array.lowerBound)
            return overflow ? nil : array.value(at: place)
        },
        function("tandem_item", 2) { values in
            guard let array = ArrayText(values[0]), let index = Int.fromDatabaseValue(values[1]) else { return nil }
            return array.value(at: index)
        },
        function("tandem_number_array", 1) { values in ArrayText(values[0])?.ofNumbers.json },
        function("tandem_array_remove", 2) { values in
            guard let array = ArrayText(values[0]) else { return nil }
            return array.without(values[1].asText).json
        },
        DatabaseFunction("tandem_string_to_array", pure: true) { values in
            guard values.count > 1, let text = values[0].asText else { return nil }
            return ArrayText(splitting: text, by: values[1].asText, null: values.count > 2 ? values[2].asText : nil)
                .json
        },
        function("tandem_lower", 1) { values in ArrayText(values[0])?.lowerBound },
        function("tandem_fill", 2) { values in
            guard let array = ArrayText(values[0]), let item = values[1].asText else { return nil }
            return array.elements.map { _ in item }.joined(separator: " ")
        },
        function("tandem_series", 2) { values in try SeriesText.json(values) },
        function("tandem_series", 3) { values in try SeriesText.json(values) },
        function("tandem_name_list", 1) { values in
            ArrayText(values[0])?.elements.compactMap { $0.map(QuotedName.text) }.joined(separator: ", ")
        },
    ]

    private static let texts = [
        function("tandem_quote_ident", 1) { values in values[0].asText.map(QuotedName.text) },
        DatabaseFunction("tandem_format", pure: true) { values in
            guard let pattern = values.first?.asText else { return nil }
            guard let format = FormatText(pattern) else {
                throw DatabaseError(resultCode: .SQLITE_FORMAT, message: "unrecognized format() type specifier")
            }
            return try format.text(values.dropFirst().map(\.asText))
        },
        TreeSize.function,
        function("tandem_size_pretty", 1) { values in Int64.fromDatabaseValue(values[0]).map(SizeText.pretty) },
        function("tandem_lsn", 1) { values in
            guard let text = values[0].asText else { return nil }
            guard let position = LogSequenceNumber(text) else {
                throw DatabaseError(
                    resultCode: .SQLITE_FORMAT, message: "invalid input syntax for type pg_lsn: \"\(text)\"")
            }
            return position.description
        },
        function("tandem_lsn_diff", 2) { values in
            guard let one = values[0].asText.flatMap(LogSequenceNumber.init),
                let other = values[1].asText.flatMap(LogSequenceNumber.init)
            else { return nil }
            return Int64(clamping: Int128(one.value) - Int128(other.value))
        },
        function("tandem_substring", 3) { values in
            guard let text = values[0].asText, let start = Int.fromDatabaseValue(values[1]),
                let count = Int.fromDatabaseValue(values[2])
            else { return nil }
            return try TextFunctions.substring(of: text, from: start, count)
        },
        function("tandem_keywords", 0) { _ in ArrayText(elements: Keywords.all).json },
    ]

    private static let definitions = [
        function("tandem_constraints", 1) { values in
            values[0].asText.map { TableDefinition($0).json } ?? "[]"
        },
        function("tandem_index", 1) { values in
            values[0].asText.flatMap { IndexDefinition($0)?.json }
        },
        function("tandem_trigger", 1) { values in
            values[0].asText.flatMap { TriggerDefinition($0)?.json }
        },
        function("tandem_view_query", 1) { values in
            values[0].asText.flatMap(ViewDefinition.query)
        },
    ]

    private static func number(_ value: DatabaseValue) -> Int? {
        if case .string(let text) = value.storage { return Int(text) }
        return Int.fromDatabaseValue(value)
    }
}
