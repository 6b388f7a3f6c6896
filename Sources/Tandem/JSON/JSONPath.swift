/// A path as SQLite writes it: `$.key."other key"[0][#-1]` (its page "JSON Functions And Operators", section 3.2).
enum JSONPath {
    /// What it leads along, as ``JSONDocument/node(along:_:)`` takes it; nil for what is no such path.
    static func steps(_ path: String) -> [String]? {
        guard path.first == "$" else { return nil }
        var rest = path.dropFirst()
        var steps: [String] = []
        while let first = rest.popFirst() {
            switch first {
            case "." where rest.first == "\"":
                rest = rest.dropFirst()
                guard let end = rest.firstIndex(of: "\"") else { return nil }
                steps.append(String(rest[..<end]))
                rest = rest[end...].dropFirst()
            case ".":
                let end = rest.firstIndex { $0 == "." || $0 == "[" } ?? rest.endIndex
                guard end > rest.startIndex else { return nil }
                steps.append(String(rest[..<end]))
                rest = rest[end...]
            case "[":
                guard let end = rest.firstIndex(of: "]"), let number = number(rest[..<end]) else { return nil }
                steps.append(String(number))
                rest = rest[end...].dropFirst()
            default: return nil
            }
        }
        return steps
    }

    /// `0`, or `#-1`: counted from the end, where the last one is -1.
    private static func number(_ text: Substring) -> Int? {
        guard text.first == "#" else { return Int(text).flatMap { text.first != "-" ? $0 : nil } }
        return Int(text.dropFirst()).flatMap { $0 < 0 ? $0 : nil }
    }
}
