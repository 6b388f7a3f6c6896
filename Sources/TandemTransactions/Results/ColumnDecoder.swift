import Foundation

/// Decodes the value of one column: as it is, or as the JSON that it holds.
struct ColumnDecoder: Decoder, SingleValueDecodingContainer {
    let value: SQLValue
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func decodeNil() -> Bool { value.isNull }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let convertible = type as? any SQLValueConvertible.Type {
            guard let value = convertible.init(sqlValue: value) as? Value else { throw mismatch(type) }
            return value
        }
        switch value {
        // A member with members of its own is read from a JSON column; one that has none, such as an enumeration with
        // raw values, from the column itself.
        case .json, .text:
            do { return try Value(from: self) } catch is NotASingleValue { return try json(type) }
        case .null, .boolean, .integer, .real, .decimal, .bytes, .timestamp, .uuid:
            do { return try Value(from: self) } catch is NotASingleValue { throw mismatch(type) }
        }
    }

    func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
        guard let text = String(sqlValue: value) else { throw mismatch(type) }
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch let error as DecodingError {
            throw error.moved(under: codingPath)
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        throw NotASingleValue()
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw NotASingleValue() }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    private func mismatch(_ type: Any.Type) -> DecodingError {
        .typeMismatch(
            type,
            DecodingError.Context(
                codingPath: codingPath, debugDescription: "it is read as \(type) and holds \(value.kind)"))
    }

    /// The type wants members or elements.
    private struct NotASingleValue: Error {}
}

extension DecodingError {
    /// The same, seen from the row.
    fileprivate func moved(under path: [any CodingKey]) -> DecodingError {
        func moved(_ context: Context) -> Context {
            Context(
                codingPath: path + context.codingPath, debugDescription: context.debugDescription,
                underlyingError: context.underlyingError)
        }
        switch self {
        case .typeMismatch(let type, let context): return .typeMismatch(type, moved(context))
        case .valueNotFound(let type, let context): return .valueNotFound(type, moved(context))
        case .keyNotFound(let key, let context): return .keyNotFound(key, moved(context))
        case .dataCorrupted(let context): return .dataCorrupted(moved(context))
        @unknown default: return self
        }
    }
}
