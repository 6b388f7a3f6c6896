extension String {
    /// The text with what it quotes left out, from the first quotation mark to the last: an engine's message of SQLSTATE
    /// class 22 quotes a parameter's value so, and the value may have quotation marks of its own.
    package var withoutQuotation: String {
        guard let first = firstIndex(where: Self.isQuotationMark), let last = lastIndex(where: Self.isQuotationMark)
        else {
            return self
        }
        // Where there is only one, the end has been cut off.
        return "\(self[..<first])(not shown)\(first < last ? self[index(after: last)...] : "")"
    }

    /// Those of the languages that servers translate their messages into.
    private static func isQuotationMark(_ character: Character) -> Bool { "\"„“”«»「」".contains(character) }
}
