import PostgresWire
import TandemSQLite

extension SessionStatement {
    /// The text with its plain strings as values of these types, by their numbers.
    ///
    /// - Parameter translated: the text with them; the statement's own if nil.
    /// A date in a form that no parameter could have stays the text that it was.
    ///
    /// - Throws: ``PostgresError``: 22P02 and 22008 as for a parameter, where one cannot be read.
    func typed(
        by types: [Int: PostgresType], in translated: TranslatedSQL? = nil
    ) throws(PostgresError) -> TranslatedSQL {
        var values: [(range: Range<Int>, sql: String)] = []
        for (number, literal) in (literals?.all ?? []).enumerated() {
            guard let type = types[PlainLiterals.firstNumber + number], type.reads(plain: literal.text) else {
                continue
            }
            do throws(PostgresError) {
                let sql = try type.literal(literal.text)
                values.append((range: literal.range, sql: sql))
            } catch {
                if error.code == .invalidDatetimeFormat { continue }
                throw error.placed(
                    place.map { original.characterPosition(ofByte: $0.start + literal.range.lowerBound) })
            }
        }
        let whole =
            translated ?? place?.translated ?? TranslatedSQL([TranslatedSQL.Piece(text: sql, source: 0)])
        return values.isEmpty ? whole : whole.replacing(values)
    }
}
