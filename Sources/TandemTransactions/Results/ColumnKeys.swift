/// Finds a result's columns by the names of a type's properties: `createdAt` is read from a column of that name, else
/// from `created_at`, whatever the case of its letters.
final class ColumnKeys {
    let columns: ResultRow.Columns?
    private var places: [String: Int?] = [:]
    private var folded: [String: Int]?

    init(_ columns: ResultRow.Columns?) { self.columns = columns }

    func place(of key: String) -> Int? {
        if let known = places[key] { return known }
        let place = columns?.place(of: key) ?? foldedPlaces[Self.folded(key)]
        places[key] = .some(place)
        return place
    }

    private var foldedPlaces: [String: Int] {
        if let folded { return folded }
        let names = columns?.names ?? []
        let made = Dictionary(names.enumerated().map { (Self.folded($1), $0) }) { first, _ in first }
        folded = made
        return made
    }

    private static func folded(_ name: String) -> String { name.lowercased().filter { $0 != "_" } }
}
