import TandemLog

/// For people, like mysqlbinlog.
struct TextRecordPrinter: RecordPrinter {
    /// Longer values are cut.
    private static let maximumWidth = 120

    func print(_ record: Record, epoch: Epoch?, changes: [Change], tables: TableDefinitions) throws {
        Swift.print(
            "# \(record.index)  epoch \(epoch?.description ?? String(record.epochCounter))  \(record.timeText)  \(record.kind)  \(record.size) bytes"
        )
        switch record.kind {
        case .epoch: try printEpoch(EpochRecord(decoding: record.payload))
        case .members: printMembers(try MemberRecord(decoding: record.payload))
        default: for change in changes { print(change, tables) }
        }
    }

    private func printEpoch(_ record: EpochRecord) {
        Swift.print("  BEGIN EPOCH \(record.epoch)\(record.forced ? "  FORCED" : "")")
        for promise in record.promises {
            Swift.print(
                "    promised by \(promise.node), whose log ended at \(promise.position?.description ?? "nothing")")
        }
        printMembers(record.members)
    }

    private func printMembers(_ record: MemberRecord) {
        let degrade = record.mayDegrade ? ", may degrade" : ""
        let forced = record.forced ? "  FORCED" : ""
        Swift.print("  MEMBERS  acknowledgements \(record.acknowledgements)\(degrade)\(forced)")
        for member in record.members { Swift.print("    \(member.node)  \(member.address)") }
    }

    private func print(_ change: Change, _ tables: TableDefinitions) {
        switch change {
        case .schema(let sql): Swift.print("  \(sql);")
        case .tableDefinition, .contentChecksum: return
        case .insert, .update, .delete:
            guard let named = NamedChange(change, tables: tables) else { return }
            let place = named.rowid.map { " rowid \($0)" } ?? ""
            let moved = named.newRowid == named.rowid ? "" : named.newRowid.map { " to rowid \($0)" } ?? ""
            Swift.print("  \(named.kind.uppercased()) \(named.table)\(place)\(moved)")
            for (name, value) in named.old { Swift.print("    - \(name) = \(short(value))") }
            for (name, value) in named.new { Swift.print("    + \(name) = \(short(value))") }
        }
    }

    private func short(_ value: Value) -> String {
        if case .blob(let bytes) = value, bytes.count > Self.maximumWidth / 2 {
            return Value.blob(Array(bytes.prefix(16))).description + "… (\(bytes.count) bytes)"
        }
        let text = value.description
        return text.count <= Self.maximumWidth ? text : text.prefix(Self.maximumWidth) + "… (\(text.utf8.count) bytes)"
    }
}
