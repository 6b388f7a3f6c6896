import Foundation
import TandemLog

/// One JSON object a line. Blobs are base64 in an object of their own: `{"base64": "…"}`; reals that JSON cannot hold
/// are text.
struct JSONRecordPrinter: RecordPrinter {
    func print(_ record: Record, epoch: Epoch?, changes: [Change], tables: TableDefinitions) throws {
        var object: [String: Any] = [
            "index": record.index.rawValue, "time": record.timeText, "kind": "\(record.kind)", "bytes": record.size,
            "epoch": epoch?.description ?? String(record.epochCounter),
        ]
        switch record.kind {
        case .epoch:
            let epoch = try EpochRecord(decoding: record.payload)
            object["forced"] = epoch.forced
            object["promises"] = epoch.promises.map { promise in
                ["node": promise.node.description, "position": promise.position?.description ?? NSNull()]
                    as [String: Any]
            }
            object.merge(members(epoch.members)) { _, new in new }
        case .members: object.merge(members(try MemberRecord(decoding: record.payload))) { _, new in new }
        default: object["changes"] = changes.compactMap { describe($0, tables) }
        }
        let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        Swift.print(String(decoding: data, as: UTF8.self))
    }

    private func members(_ record: MemberRecord) -> [String: Any] {
        [
            "acknowledgements": record.acknowledgements.description, "mayDegrade": record.mayDegrade,
            "membersForced": record.forced,
            "members": record.members.map { ["node": $0.node.description, "address": $0.address] },
        ]
    }

    private func describe(_ change: Change, _ tables: TableDefinitions) -> [String: Any]? {
        if case .schema(let sql) = change { return ["kind": "schema", "sql": sql] }
        guard let named = NamedChange(change, tables: tables) else { return nil }
        var object: [String: Any] = ["kind": named.kind, "table": named.table]
        object["rowid"] = named.rowid
        object["newRowid"] = named.newRowid
        if !named.old.isEmpty { object["old"] = json(named.old) }
        if !named.new.isEmpty { object["new"] = json(named.new) }
        return object
    }

    private func json(_ values: [(name: String, value: Value)]) -> [String: Any] {
        Dictionary(values.map { ($0.name, json($0.value)) }) { _, last in last }
    }

    private func json(_ value: Value) -> Any {
        switch value {
        case .null: NSNull()
        case .integer(let value): value
        case .real(let value): value.isFinite ? value : "\(value)"
        case .text(let value): value
        case .blob(let bytes): ["base64": Data(bytes).base64EncodedString()]
        }
    }
}
