import Foundation
import GRDB

/// An array, which SQLite has not: JSON here, `{…}` as clients write it, `1 2` as the catalogue's vectors have it.
struct ArrayText {
    private(set) var elements: [String?]
    /// Whether its elements are numbers.
    private var isNumeric = false
    /// The number of the first element: vectors count from 0.
    private(set) var lowerBound = 1

    init(elements: [String?]) { self.elements = elements }

    /// The parts of a text between separators; its characters where there is no separator, all of it where that is empty.
    ///
    /// - Parameter null: the part that stands for NULL.
    init(splitting text: String, by separator: String?, null: String?) {
        let parts =
            switch separator {
            case _ where text.isEmpty: [String]()
            case nil: text.unicodeScalars.map { String($0) }
            case "": [text]
            case let separator?: Self.parts(of: text, between: separator)
            }
        elements = parts.map { $0 == null ? nil : $0 }
    }

    /// By bytes, not by characters as Swift has them: a separator may be a part of one of these.
    private static func parts(of text: String, between separator: String) -> [String] {
        let (bytes, separator) = (Array(text.utf8), Array(separator.utf8))
        var parts: [String] = []
        var (start, place) = (0, 0)
        while place + separator.count <= bytes.count {
            guard bytes[place] == separator[0], bytes[place..<place + separator.count].elementsEqual(separator) else {
                place += 1
                continue
            }
            parts.append(String(decoding: bytes[start..<place], as: UTF8.self))
            place += separator.count
            start = place
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    /// Nil for NULL, and for what is no array.
    init?(_ value: DatabaseValue) {
        guard let text = value.asText else { return nil }
        self.init(text)
    }

    init?(_ text: String) {
        switch text.first {
        case "[":
            guard let list = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [Any] else { return nil }
            isNumeric = list.allSatisfy { $0 is NSNumber || $0 is NSNull }
            elements = list.map { $0 is NSNull ? nil : "\($0)" }
        case "{": elements = Self.elements(ofLiteral: text.dropFirst().dropLast())
        default:
            elements = text.split(separator: " ").map(String.init)
            guard elements.allSatisfy({ $0.flatMap(Int.init) != nil }) else { return nil }
            isNumeric = true
            lowerBound = 0
        }
    }

    /// `a,"b c",NULL`
    private static func elements(ofLiteral text: Substring) -> [String?] {
        guard !text.isEmpty else { return [] }
        var elements: [String?] = []
        var current = ""
        var isQuoted = false
        var wasQuoted = false
        var characters = text.makeIterator()
        func end() -> String? { !wasQuoted && current.lowercased() == "null" ? nil : current }
        while let character = characters.next() {
            switch character {
            case "\\": if let next = characters.next() { current.append(next) }
            case "\"":
                isQuoted.toggle()
                wasQuoted = true
            case "," where !isQuoted:
                elements.append(end())
                current = ""
                wasQuoted = false
            default: current.append(character)
            }
        }
        return elements + [end()]
    }

    var json: String {
        let items = elements.map { element in
            element.map { isNumeric ? $0 : JSONText.string($0) } ?? "null"
        }
        return "[" + items.joined(separator: ",") + "]"
    }

    /// As PostgreSQL writes arrays.
    var literal: String {
        let items = elements.map { element -> String in
            guard let element else { return "NULL" }
            let isPlain =
                !element.isEmpty && element.lowercased() != "null"
                && !element.contains { "{}\",\\".contains($0) || $0.isWhitespace }
            guard !isPlain else { return element }
            return "\"" + element.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
        return "{" + items.joined(separator: ",") + "}"
    }

    /// The same without some elements.
    func without(_ element: String?) -> ArrayText {
        var array = self
        array.elements.removeAll { $0 == element }
        return array
    }

    /// The same with elements that are numbers where they look like some.
    var ofNumbers: ArrayText {
        var array = self
        array.isNumeric = elements.allSatisfy { $0.map { Double($0)?.isFinite == true } ?? true }
        return array
    }

    /// The same with 0 and 1 as booleans are written.
    var ofBooleans: ArrayText {
        var array = self
        array.elements = elements.map { $0.map { $0 == "1" ? "t" : $0 == "0" ? "f" : $0 } }
        return array
    }

    /// The element at a place from 0; nil if there is none.
    func value(at place: Int) -> (any DatabaseValueConvertible)? {
        guard elements.indices.contains(place), let element = elements[place] else { return nil }
        return isNumeric ? Int64(element) ?? element : element
    }
}

/// JSON, as far as it is written here.
enum JSONText {
    static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// An object of texts; those that are nil are null.
    static func object(_ fields: [(String, String?)]) -> String {
        let members = fields.map { "\(string($0.0)):\($0.1.map(string) ?? "null")" }
        return "{" + members.joined(separator: ",") + "}"
    }

    static func array(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }
}
