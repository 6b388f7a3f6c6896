import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

@Suite struct RandomWorkloadTests {
    /// Hundreds of transactions over random schemas; after each group both databases say the same.
    @Test(arguments: 1...30)
    func theReplicaHasTheSameAfterRandomTransactions(_ seed: Int) throws {
        var workload = Workload(seed: UInt64(seed))
        let pair = try Pair()
        try pair.run("CREATE VIRTUAL TABLE f USING fts5(a)")
        for _ in 0..<4 { try pair.runEach(workload.create()) }
        for round in 0..<25 {
            if round % 9 == 5 { try pair.runEach(workload.create()) }
            if round % 6 == 3 { pair.segment += 1 }
            do {
                try runGroup(pair, &workload)
            } catch let error as SQLiteError where error.code == .groupLost {
                // AUTOINCREMENT beyond the largest rowid is "disk full" to SQLite.
            }
            try pair.checkEqual()
        }
        #expect(!pair.batches.isEmpty, "seed \(seed)")
    }

    /// Transactions of which some go on after an error, some fail by it, and some are rolled back at their end.
    private func runGroup(_ pair: Pair, _ workload: inout Workload) throws {
        var local = workload
        defer { workload = local }
        try pair.group { writer in
            for _ in 0..<local.number(1..<8) {
                let goesOn = local.number(0..<4) > 0
                let isCancelled = local.number(0..<6) == 0
                let statements = (0..<local.number(1..<7)).map { _ in local.statement() }
                try? writer.transaction { database in
                    for sql in statements {
                        do {
                            try database.execute(sql: sql)
                        } catch  where goesOn {
                            continue
                        }
                    }
                    if isCancelled { throw CancellationError() }
                }
            }
        }
    }
}
