import Foundation

extension String: SQLValueConvertible {
    public var sqlValue: SQLValue { .text(self) }

    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .text(let value), .json(let value): self = value
        case .uuid(let value): self = value.uuidString.lowercased()
        case .decimal(let value): self = value.description
        case .integer(let value): self = String(value)
        case .null, .boolean, .real, .bytes, .timestamp: return nil
        }
    }
}

extension Data: SQLValueConvertible {
    public var sqlValue: SQLValue { .bytes(self) }

    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .bytes(let value): self = value
        case .text(let value): self.init(value.utf8)
        case .null, .boolean, .integer, .real, .decimal, .timestamp, .uuid, .json: return nil
        }
    }
}

extension UUID: SQLValueConvertible {
    public var sqlValue: SQLValue { .uuid(self) }

    /// Engines without the type keep it as text or as its 16 bytes.
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .uuid(let value): self = value
        case .text(let value): self.init(uuidString: value)
        case .bytes(let value) where value.count == 16:
            self = value.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
        case .null, .boolean, .integer, .real, .decimal, .bytes, .timestamp, .json: return nil
        }
    }
}

extension Date: SQLValueConvertible {
    public var sqlValue: SQLValue { .timestamp(self) }

    /// Engines without the type keep it as ISO 8601 text, which is read as UTC where it names no zone.
    public init?(sqlValue: SQLValue) {
        switch sqlValue {
        case .timestamp(let value): self = value
        case .text(let value):
            guard let date = TimestampText.date(value) else { return nil }
            self = date
        case .null, .boolean, .integer, .real, .decimal, .bytes, .uuid, .json: return nil
        }
    }
}

/// A value that travels as a JSON document: any `Codable` type, in a column of type JSON, JSONB or text.
public struct JSON<Document: Codable & Sendable>: SQLValueConvertible {
    /// What travels.
    public var document: Document

    /// A document on its way to or from a column.
    public init(_ document: Document) { self.document = document }

    /// The document as text. Where it cannot be written as JSON, as a number that is not finite cannot, no text at all, with
    /// which no statement is run: it fails with `invalidValue`.
    public var sqlValue: SQLValue {
        guard let data = try? JSONEncoder().encode(document) else { return .unencodable }
        return .json(String(decoding: data, as: UTF8.self))
    }

    public init?(sqlValue: SQLValue) {
        guard let text = String(sqlValue: sqlValue),
            let document = try? JSONDecoder().decode(Document.self, from: Data(text.utf8))
        else { return nil }
        self.document = document
    }
}

extension SQLValue {
    /// What a document is that cannot be written: nothing is no JSON.
    static let unencodable = SQLValue.json("")
}

extension JSON: Codable {
    public init(from decoder: any Decoder) throws { document = try Document(from: decoder) }

    public func encode(to encoder: any Encoder) throws { try document.encode(to: encoder) }
}

extension JSON: Equatable where Document: Equatable {}
extension JSON: Hashable where Document: Hashable {}
