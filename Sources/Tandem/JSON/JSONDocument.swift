import Foundation

/// A JSON document, as far as operators have to look into it.
indirect enum JSONDocument: Decodable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case real(Double)
    case string(String)
    case array([JSONDocument])
    case object([String: JSONDocument])

    /// Nil for what is no JSON.
    init?(_ text: String) {
        guard let document = try? JSONDecoder().decode(JSONDocument.self, from: Data(text.utf8)) else { return nil }
        self = document
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .real(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONDocument].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONDocument].self))
        }
    }

    /// Whether all of the other is in this at the same places (PostgreSQL's manual, 8.14.3). An array may hold a single
    /// value.
    func contains(_ other: JSONDocument) -> Bool {
        guard case .array(let elements) = self else { return containsNested(other) }
        switch other {
        case .array, .object: return containsNested(other)
        case .null, .boolean, .integer, .real, .string: return elements.contains { $0.isEqual(other) }
        }
    }

    private func containsNested(_ other: JSONDocument) -> Bool {
        switch (self, other) {
        case (.object(let members), .object(let wanted)):
            wanted.allSatisfy { key, value in members[key]?.containsNested(value) ?? false }
        case (.array(let elements), .array(let wanted)):
            wanted.allSatisfy { one in elements.contains { $0.containsNested(one) } }
        default: isEqual(other)
        }
    }

    private func isEqual(_ other: JSONDocument) -> Bool {
        switch (self, other) {
        case (.integer(let one), .real(let two)), (.real(let two), .integer(let one)): Double(one) == two
        default: self == other
        }
    }

    /// SQLite's path to what keys and numbers lead to, one after the other; nil where they lead nowhere.
    func path(along steps: [String?]) -> String? {
        var path = "$"
        var place = self
        for step in steps {
            guard let step else { return nil }
            switch place {
            case .object(let members):
                guard let member = members[step] else { return nil }
                path += ".\"\(step)\""
                place = member
            case .array(let elements):
                guard let number = Int(step) else { return nil }
                let index = number < 0 ? elements.count + number : number
                guard elements.indices.contains(index) else { return nil }
                path += "[\(index)]"
                place = elements[index]
            default: return nil
            }
        }
        return path
    }
}
