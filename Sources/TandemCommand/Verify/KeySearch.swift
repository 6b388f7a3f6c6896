/// Finds the first keys of a table that differ between two nodes, by halves.
struct KeySearch {
    struct Place {
        var range: KeyRange
        var found: RangeContent
        var expected: RangeContent
    }

    let table: String
    let reference: VerifiedNode
    let other: VerifiedNode

    /// - Parameter whole: a range in which they differ.
    func narrow(_ whole: KeyRange, found: RangeContent, expected: RangeContent) async throws -> Place {
        var place = Place(range: whole, found: found, expected: expected)
        while place.expected.rows > 1 {
            let half = place.expected.rows / 2
            guard let middle = try await reference.bound(table, after: place.range.after, rows: half),
                middle != place.range.through
            else { break }
            let lower = KeyRange(after: place.range.after, through: middle)
            let isThere = try await look(at: lower, &place)
            guard !isThere else { continue }
            let upper = KeyRange(after: middle, through: place.range.through)
            guard try await look(at: upper, &place) else { break }
        }
        return place
    }

    /// Looks whether a part of the range differs, and takes it if so.
    private func look(at range: KeyRange, _ place: inout Place) async throws -> Bool {
        let expected = try await reference.content(table, range)
        let found = try await other.content(table, range)
        guard found != expected else { return false }
        place = Place(range: range, found: found, expected: expected)
        return true
    }
}
