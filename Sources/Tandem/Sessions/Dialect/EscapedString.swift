/// The content of `E'…'`, in which a backslash escapes (PostgreSQL's manual, 4.1.2.2).
enum EscapedString {
    /// The string without escapes, in SQLite's quotes.
    static func plain(_ quoted: String) -> String { "'" + unescaped(String(quoted.dropFirst().dropLast())) + "'" }

    /// The content without escapes; doubled quotes stay as they are.
    static func unescaped(_ text: String) -> String {
        var result = ""
        var characters = text.makeIterator()
        while let character = characters.next() {
            guard character == "\\" else {
                result.append(character)
                continue
            }
            switch characters.next() {
            case "t": result.append("\t")
            case "n": result.append("\n")
            case "r": result.append("\r")
            case "b": result.append("\u{8}")
            case "f": result.append("\u{C}")
            case let other?: result.append(other)
            case nil: result.append("\\")
            }
        }
        return result
    }
}
