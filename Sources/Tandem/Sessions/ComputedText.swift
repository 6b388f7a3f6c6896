import PostgresWire
import TandemSQLite

/// A statement's text for SQLite where it computes with parameters that are dates or intervals.
struct ComputedText {
    /// These, by their numbers.
    let parameters: [Int: PostgresType]
    let translated: TranslatedSQL
    let text: String
}

extension SessionStatement {
    /// Its text without knowing the columns of its tables, with where it comes from; nil if SQLite is not given it.
    var translation: TranslatedSQL? { types.computed?.translated ?? place?.translated }

    /// That text.
    var untypedText: String { types.computed?.text ?? sql }

    /// Translates it anew where it computes with parameters of which the client, or what they stand beside, tells that they
    /// are dates or intervals. The types of parameters stay for as long as the statement does, and so does this.
    ///
    /// - Throws: ``PostgresError``, where it cannot be translated so.
    func computeWithParameters() throws(PostgresError) {
        // Asked of every statement that is parsed.
        guard let place,
            parameterTypes.contains(where: Self.isOfDatetimes)
                || types.parameters.values.contains(where: Self.isOfDatetimes)
        else { return }
        var known = types.parameters
        for (number, type) in parameterTypes.enumerated() where type != .unspecified { known[number + 1] = type }
        known = known.filter { Self.isOfDatetimes($0.value) }
        guard known.values.contains(.interval) || source.utf8.contains(where: { "+-*/".utf8.contains($0) }),
            TypedPlaces.computes(with: known, in: SQLItem.items(of: source))
        else { return }
        var text = source
        let tokens = text.withUTF8 { Array(SQLTokenizer($0)) }
        do throws(PostgresError) {
            let translated = try Dialect.translate(source, tokens[...], TypedPlaces(parameters: known))
            types.computed = ComputedText(parameters: known, translated: translated, text: translated.text)
        } catch {
            throw error.moved(by: original.characterPosition(ofByte: place.start) - 1)
        }
        types.typedText.forget()
    }

    private static func isOfDatetimes(_ type: PostgresType) -> Bool { type.isDatetime || type == .interval }
}
