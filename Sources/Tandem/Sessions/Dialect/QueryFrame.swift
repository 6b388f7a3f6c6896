/// One SELECT while it is being translated: what has to be written where one of its clauses ends.
final class QueryFrame {
    enum Phase {
        /// Before any SELECT: the frame may be that of another statement.
        case none
        /// Between SELECT and FROM.
        case list
        /// Between FROM and what follows it.
        case sources
        case rest
    }

    /// A function that makes rows in a select list: the sources get another one, which makes them.
    struct RowFunction {
        var name: String
        var array: TranslatedSQL
    }

    var phase = Phase.none
    /// Whether it is one of several, whose ORDER BY is that of all.
    var isCompound = false
    /// Where the list of its first SELECT stands, until ORDER BY has been looked at; nil before SELECT.
    var list: Range<Int>?
    /// Whether a SELECT of it has been met.
    var hasSelect = false
    /// Whether its columns are called by others: what stands in FROM or WITH, and what a view or a new table is made of.
    var namesColumns = false
    /// The names that columns have without being given them, by the places behind their expressions.
    var impliedNames: [Int: String] = [:]
    /// What names in ORDER BY stand for, by their places.
    var orderedColumns: [Int: Range<Int>] = [:]
    /// Whether its RETURNING has begun.
    var isReturning = false
    var rowFunctions: [RowFunction] = []
    /// The places of its FOR UPDATE, LIMIT, OFFSET and FETCH are found out when they are met.
    var limit: TranslatedSQL?
    var offset: TranslatedSQL?

    /// What ends the sources: the functions that make rows for the select list.
    func endSources() -> TranslatedSQL {
        var result = TranslatedSQL()
        for function in rowFunctions {
            result.append(phase == .list && result.isEmpty ? " FROM " : " CROSS JOIN ")
            result.append("json_each(tandem_array(")
            result.append(function.array)
            result.append(")) AS \(function.name)")
        }
        rowFunctions.removeAll()
        phase = .rest
        return result
    }

    /// LIMIT and OFFSET in SQLite's order.
    func end() -> TranslatedSQL {
        var result = phase == .list || phase == .sources ? endSources() : TranslatedSQL()
        if let limit {
            result.append(" LIMIT")
            result.append(limit)
        } else if offset != nil {
            result.append(" LIMIT -1")
        }
        if let offset {
            result.append(" OFFSET")
            result.append(offset)
        }
        limit = nil
        offset = nil
        return result
    }
}
