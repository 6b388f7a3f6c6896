import TandemTransactions
import Testing

/// Every combination of the acceptance table, on every engine.
extension AcceptanceTests {
    @Test(arguments: Engines.tested, MatrixRow.all)
    func behavesAsTheTableSays(engine: Engines, row: MatrixRow) async throws {
        var run = MatrixCase(row, try await Beds.shared.stand(on: engine))
        try await run.run()
        let wanted = MatrixDifferences.expected(of: row, on: engine)
        for (column, value) in wanted.sorted(by: { $0.key < $1.key }) {
            #expect(run.seen[column] == value, "\(column)")
        }
    }

    @Test func theTableIsComplete() {
        #expect(MatrixRow.all.count == 392)
        #expect(MatrixRow.all.allSatisfy { $0.observed.count == 19 })
    }
}
