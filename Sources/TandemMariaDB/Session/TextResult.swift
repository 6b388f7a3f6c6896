import CMariaDB

/// What a statement of this data source's own gave, as text.
struct TextResult: Sendable {
    var names: [String] = []
    var rows: [[String?]] = []

    init() {}

    init(_ stored: UnsafeMutablePointer<MYSQL_RES>) {
        let fields = UnsafeBufferPointer(start: mysql_fetch_fields(stored), count: Int(mysql_num_fields(stored)))
        names = fields.map { String(cString: $0.name) }
        while let row = mysql_fetch_row(stored) {
            rows.append(names.indices.map { row[$0].map { String(cString: $0) } })
        }
    }

    /// The values of a column.
    func column(_ name: String) -> [String?] {
        guard let place = names.firstIndex(of: name) else { return [] }
        return rows.map { $0[place] }
    }

    /// The value of a column of the first row.
    subscript(name: String) -> String? { column(name).first ?? nil }
}
