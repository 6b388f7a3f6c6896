import Foundation

/// Decodes a row as a type with a property for each column that it wants.
struct ResultRowDecoder: Decoder {
    let row: ResultRow
    let keys: ColumnKeys
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(RowContainer<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw failure("a row is read as a type with named properties, as a tuple, or as its one column, not as a list")
    }

    /// A type that is read from a single value, such as an enumeration with raw values, is read from the one column.
    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        guard !row.values.isEmpty else { throw failure("the row has no columns") }
        return ColumnDecoder(value: row.values[0], codingPath: [ColumnKey(row.columns.names[0])])
    }

    private func failure(_ text: String) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: [], debugDescription: text))
    }
}

/// The name of a column.
struct ColumnKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

/// A row's columns under the names of a type's properties.
private struct RowContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: ResultRowDecoder
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { decoder.row.columns.names.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { decoder.keys.place(of: key.stringValue) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try column(key).value.isNull }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try column(key).decode(type)
    }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type, forKey key: Key) throws
        -> KeyedDecodingContainer<NestedKey>
    {
        try column(key).json(Forwarded.self).decoder.container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try column(key).json(Forwarded.self).decoder.unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { decoder }
    func superDecoder(forKey key: Key) throws -> any Decoder { try column(key) }

    private func column(_ key: Key) throws -> ColumnDecoder {
        guard let place = decoder.keys.place(of: key.stringValue) else {
            throw DecodingError.keyNotFound(key, DecodingError.Context(codingPath: [], debugDescription: ""))
        }
        return ColumnDecoder(
            value: decoder.row.values[place], codingPath: [ColumnKey(decoder.row.columns.names[place])])
    }
}

/// Hands a decoder out.
private struct Forwarded: Decodable {
    let decoder: any Decoder
    init(from decoder: any Decoder) { self.decoder = decoder }
}
