/// Where an engine differs from the table, each with the decision behind it.
enum MatrixDifferences {
    static func expected(of row: MatrixRow, on engine: Engines) -> [String: String] {
        switch engine {
        case .model: row.observed
        }
    }
}
