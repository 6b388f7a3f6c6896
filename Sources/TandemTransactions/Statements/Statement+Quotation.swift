extension Statement {
    /// Refuses a parameter inside of quotes, where its placeholder would be text: `LIKE '%\(word)%'`, and a document that
    /// could not be written as JSON.
    ///
    /// - Complexity: O(length of the text) with parameters, O(1) without.
    func checkParameters() throws {
        guard fragments.count > 1 else { return }
        var scanner = QuotationScanner()
        var number = 0
        for fragment in fragments {
            switch fragment {
            case .text(let text): scanner.read(text)
            case .identifier: scanner.readOther()
            case .parameter(let value):
                number += 1
                if let error = Self.misplaced(number, scanner.place) { throw error }
                if value == .unencodable { throw Self.unencodable(number) }
                scanner.readOther()
            }
        }
    }

    private static func unencodable(_ number: Int) -> DatabaseError {
        DatabaseError(
            .invalidValue,
            "parameter \(number) is a document that cannot be written as JSON, as a number that is not finite cannot: give "
                + "its type an encode(to:) that can", sqlState: "22032")
    }

    private static func misplaced(_ number: Int, _ place: QuotationScanner.Place) -> DatabaseError? {
        let words: (place: String, advice: String)
        switch place {
        case .plain, .unknown: return nil
        case .string:
            words = (
                "a string in single quotes",
                "leave the quotes out, and make a longer text of it in Swift, as in LIKE \\(\"%\" + word + \"%\")"
            )
        case .name: words = ("a quoted name", "write \\(identifier: name) for a name, and no quotes around it")
        case .lineComment, .comment: words = ("a comment", "leave it out, or write \\(raw: text)")
        }
        return DatabaseError(
            .invalidStatement,
            "parameter \(number) stands inside of \(words.place), where it would be no parameter but text: \(words.advice)",
            sqlState: "42601")
    }
}
