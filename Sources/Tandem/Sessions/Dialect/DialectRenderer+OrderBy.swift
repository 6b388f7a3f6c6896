import TandemSQLite

// `SELECT t.a, u.b FROM t JOIN u … ORDER BY a`: PostgreSQL looks among the names of the result first, SQLite finds `a` ambiguous
// if both tables have one.
extension DialectRenderer {
    /// Looks for names in the ORDER BY at `place` that are columns of the list, there with their table in front.
    func findOrderedColumns(at place: Int, _ output: Output, _ frame: QueryFrame) {
        guard word(at: place + 1) == "by", let list = frame.list, !frame.isCompound else { return }
        // There is one.
        frame.list = nil
        let columns = qualifiedColumns(list)
        guard !columns.isEmpty else { return }
        let ends: Set = ["limit", "offset", "fetch", "for"]
        let start = min(place + 2, output.end)
        let end = places(in: start..<output.end, of: ends).first ?? output.end
        for term in self.list(start..<end) {
            let rest = term.dropFirst().map { word(at: $0) }
            guard let name = term.first, tokens[name].isName, let column = columns[word(at: name)],
                rest.allSatisfy({ ["asc", "desc", "nulls", "first", "last"].contains($0) })
            else { continue }
            frame.orderedColumns[name] = column
        }
    }

    /// The columns of a list that have no other name: `t.a`, by their own. None that several items are called, as they may be
    /// where there is a star.
    private func qualifiedColumns(_ range: Range<Int>) -> [String: Range<Int>] {
        var columns: [String: Range<Int>] = [:]
        var names: Set<String> = []
        let range = ["distinct", "all"].contains(word(at: range.lowerBound)) ? range.dropFirst() : range
        for item in list(range) {
            guard let last = item.last else { continue }
            if tokens[last].text == "*" { return [:] }
            guard let name = columnName(last) else { continue }
            let isQualified =
                item.count > 1
                && item.enumerated().allSatisfy { offset, place in
                    offset % 2 == 0 ? tokens[place].isName : tokens[place].text == "."
                }
            let isNew = names.insert(name).inserted
            columns[name] = isNew && isQualified ? item : nil
        }
        return columns
    }
}

/// Looks for a name in ORDER BY that stood behind a point before: `SELECT t.a … ORDER BY a`.
struct OrderByColumn {
    private var columns: Set<String> = []
    private var hasBegun = false

    mutating func finds(_ name: String, behind previous: String) -> Bool {
        switch previous {
        case ".": columns.insert(name)
        case "order": hasBegun = hasBegun || name == "by"
        case "by", ",": return hasBegun && columns.contains(name)
        default: break
        }
        return false
    }
}
