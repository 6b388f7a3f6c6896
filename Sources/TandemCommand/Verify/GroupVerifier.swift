import PostgresWire
import Tandem
import TandemReplication

/// Compares nodes table by table from their rows, while they run: each range of keys at one index of the log, in sittings
/// that are short enough for the nodes.
///
/// Used by one task.
final class GroupVerifier {
    /// A table whose first rows have been compared.
    private struct Begun {
        var table: SchemaObject
        var after: String?
    }

    private let reference: VerifiedNode
    private var others: [VerifiedNode]
    /// Those whose pages alone are checked.
    private let delayed: [VerifiedNode]
    private var pace: VerifyPace
    private let progress: (String) -> Void
    private(set) var report: VerifyReport

    private var done: Set<String> = []
    private var begun: Begun?
    /// For how long the last rows are paused for.
    private var pause = Duration.zero
    /// Where a node differs already: a table's name, or an empty one for the schema.
    private var differing: [String: Set<String>] = [:]

    /// A node's session is idle for so long at most.
    private static let longestPause = Duration.seconds(2)

    init(
        _ nodes: [VerifiedNode], delayed: [VerifiedNode], rate: UInt64?, checksPages: Bool,
        progress: @escaping (String) -> Void
    ) {
        self.delayed = delayed
        reference = nodes[0]
        others = Array(nodes.dropFirst())
        pace = VerifyPace(rate: rate)
        self.progress = progress
        report = VerifyReport(
            reference: nodes[0].address, nodes: nodes.map(\.address), checksPages: checksPages)
        report.delayed = delayed.map(\.address)
    }

    /// Compares all tables, then has each node check its pages.
    func run() async throws {
        while !others.isEmpty {
            if try await sit() { break }
            try await Task.sleep(for: pause)
        }
        guard report.checksPages else { return }
        for node in [reference] + others + delayed { try await checkPages(node) }
    }

    /// One sitting.
    ///
    /// - Returns: whether everything has been compared.
    private func sit() async throws -> Bool {
        let sitting = try await Sitting(
            reference, others, progress: progress,
            notMet: { node, error in
                note(node, nil, error)
                others.removeAll { $0 === node }
            },
            leftOut: { node, reason in
                report.missing.append(VerifyReport.Missing(node: node.address, reason: reason))
                report.nodes.removeAll { $0 == node.address }
                others.removeAll { $0 === node }
            })
        guard !others.isEmpty else {
            try await sitting.end()
            return true
        }
        report.index = sitting.index
        let schema = try await compareSchemas()
        while let table = schema.first(where: { $0.hasRows && !done.contains($0.name) }) {
            guard try await compare(table, until: sitting) else {
                try await sitting.end()
                return false
            }
            done.insert(table.name)
            report.tables = done.count
            begun = nil
        }
        if schema.contains(where: { $0.name == "sqlite_sequence" }) { try await compareSequences() }
        try await sitting.end()
        return true
    }

    private func compareSchemas() async throws -> [SchemaObject] {
        let schema = try await reference.schema()
        let numbers = try await reference.headerNumbers()
        for node in others {
            let found = try await node.schema()
            var names = Set(Set(schema).symmetricDifference(found).map(\.name)).sorted()
            for (other, number) in zip(try await node.headerNumbers(), numbers) where other != number {
                names.append("\(other) instead of \(number)")
            }
            guard !names.isEmpty, isFirst(node, "") else { continue }
            report.differences.append(
                VerifyReport.Difference(node: node.address, found: names.joined(separator: ", "), expected: ""))
        }
        return schema
    }

    private func compareSequences() async throws {
        let expected = try await reference.sequences()
        for node in others {
            let found = try await node.sequences()
            guard found != expected else { continue }
            report.differences.append(
                VerifyReport.Difference(
                    node: node.address, table: "sqlite_sequence", found: found.joined(separator: ", "),
                    expected: expected.joined(separator: ", ")))
        }
    }

    private func checkPages(_ node: VerifiedNode) async throws {
        progress("checking the pages of \(node.address)")
        do {
            for message in try await node.damage() {
                report.damages.append(VerifyReport.Damage(node: node.address, table: nil, message: message))
            }
        } catch let error as PostgresError where VerifyReport.isDamage(error) {
            note(node, nil, error)
        }
    }

    // MARK: One table

    /// - Returns: whether all of it has been compared; false if the sitting is over before.
    private func compare(_ table: SchemaObject, until sitting: Sitting) async throws -> Bool {
        // A table that has become another one is begun anew.
        if begun?.table != table { begun = Begun(table: table, after: nil) }
        while let after = begun.map(\.after) {
            guard let through = try await compareNext(table, after: after) else { return true }
            begun?.after = through
            progress(
                "table \(table.name): \(report.rows) rows, \(ByteCount.words(report.bytes)) compared, at record \(sitting.index)"
            )
            if sitting.isOver || pause > Self.longestPause { return false }
            if pause > .zero { try await Task.sleep(for: pause) }
        }
        return true
    }

    /// Compares the rows that follow.
    ///
    /// - Returns: the last key of them; nil if there are no more.
    private func compareNext(_ table: SchemaObject, after: String?) async throws -> String? {
        let began = ContinuousClock.now
        var range = KeyRange(after: after, through: nil)
        let expected: RangeContent
        do {
            let bound = try await reference.bound(table.name, after: after, rows: pace.rows)
            // A key that cannot be written down as it is would not lead on.
            range.through = bound == after ? nil : bound
            expected = try await reference.content(table.name, range)
        } catch let error as PostgresError where VerifyReport.isDamage(error) {
            note(reference, table.name, error)
            return nil
        }
        report.rows += expected.rows
        report.bytes += expected.bytes
        for node in others { try await compare(node, table.name, range, expected) }
        pause = pace.compared(rows: expected.rows, bytes: expected.bytes, in: began.duration(to: .now))
        return range.through
    }

    private func compare(_ node: VerifiedNode, _ table: String, _ range: KeyRange, _ expected: RangeContent)
        async throws
    {
        guard !(differing[node.address.description]?.contains(table) ?? false) else { return }
        do {
            let found = try await node.content(table, range)
            guard found != expected else { return }
            let search = KeySearch(table: table, reference: reference, other: node)
            let place = try await search.narrow(range, found: found, expected: expected)
            _ = isFirst(node, table)
            report.differences.append(
                VerifyReport.Difference(
                    node: node.address, table: table, range: place.range, found: place.found.words,
                    expected: place.expected.words))
        } catch let error as PostgresError where VerifyReport.isDamage(error) {
            note(node, table, error)
        } catch let error as PostgresError where differing[node.address.description]?.contains("") ?? false {
            // Its schema is another one: the table is not there, or has another key.
            _ = isFirst(node, table)
            report.damages.append(VerifyReport.Damage(node: node.address, table: table, message: error.message))
        }
    }

    private func note(_ node: VerifiedNode, _ table: String?, _ error: PostgresError) {
        if let table { _ = isFirst(node, table) }
        report.damages.append(VerifyReport.Damage(node: node.address, table: table, message: error.message))
    }

    /// Whether that is the first thing said of a node's table; notes that it is.
    private func isFirst(_ node: VerifiedNode, _ table: String) -> Bool {
        differing[node.address.description, default: []].insert(table).inserted
    }
}
