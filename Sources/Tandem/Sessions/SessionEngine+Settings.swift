import NIOCore
import PostgresWire

// SET, SHOW, RESET, DISCARD, DEALLOCATE, CLOSE, UNLISTEN.
extension SessionEngine {
    func runSetting(_ command: SessionCommand, describes: Bool) throws(PostgresError) {
        switch command {
        case .set(let name, let value):
            if let value { try settings.set(name, to: value) } else { try settings.reset(name) }
            reportSetting(name)
            output.commandComplete("SET")
        case .reset(let name):
            if let name {
                try settings.reset(name)
                reportSetting(name)
            } else {
                settings.resetAll()
            }
            output.commandComplete("RESET")
        case .show(let name):
            let table = try shown(name)
            if describes { output.rowDescription(table.columns) }
            try write(table)
            output.commandComplete("SHOW")
        case .discardAll:
            settings.resetAll()
            machine.statementsDiscarded()
            output.commandComplete("DISCARD ALL")
        case .deallocate(let name?):
            guard machine.statementDeallocated(name) else {
                throw PostgresError(
                    code: .invalidSQLStatementName, message: "prepared statement \"\(name)\" does not exist")
            }
            output.commandComplete("DEALLOCATE")
        case .deallocate(nil):
            machine.statementsDiscarded()
            output.commandComplete("DEALLOCATE ALL")
        case .close(let name?):
            guard machine.portal(name) != nil else {
                throw PostgresError(code: .invalidCursorName, message: "cursor \"\(name)\" does not exist")
            }
            machine.portalDropped(name)
            output.commandComplete("CLOSE CURSOR")
        case .close(nil):
            machine.portalsDropped()
            output.commandComplete("CLOSE CURSOR ALL")
        case .unlisten: output.commandComplete("UNLISTEN")
        default: preconditionFailure("not a statement of the session's own")
        }
    }

    /// What Describe tells of a statement that the session carries out itself.
    func describeLocally(_ command: SessionCommand, formats: FormatCodes) {
        if case .cursor(.fetch(let name, _, isMove: false)) = command, let columns = try? columns(ofCursor: name) {
            return output.rowDescription(columns, formats: formats)
        }
        guard case .show(let name) = command, let table = try? shown(name) else { return output.noData() }
        output.rowDescription(table.columns, formats: formats)
    }

    private func shown(_ name: String) throws(PostgresError) -> TextTable {
        switch name {
        case "all": return TextTable(["name", "setting"], settings.all.map { [$0.name, $0.value] })
        case "tandem.status": return node.statusTable()
        case Self.usersTable: return Self.table(of: [])
        case "tandem.members": return node.membersTable()
        case "transaction_isolation":
            return TextTable([name], [[block?.isSnapshot == true ? "repeatable read" : "read committed"]])
        case "transaction_read_only": return TextTable([name], [[isReadOnly ? "on" : "off"]])
        default:
            guard let value = settings.value(of: name) else { throw SessionSettings.unknown(name) }
            return TextTable([name], [[value]])
        }
    }

    func write(_ table: TextTable) throws(PostgresError) {
        for row in table.rows {
            output.beginDataRow(columns: row.count)
            for (column, value) in zip(table.columns, row) {
                guard let value else {
                    output.writeNull()
                    continue
                }
                if column.type == .int8, let number = Int64(value) {
                    try output.write(integer: number, as: .int8, .text)
                } else {
                    output.write(string: value)
                }
            }
            try output.endDataRow()
        }
    }

    private func reportSetting(_ name: String) {
        guard let reported = SessionSettings.reported.first(where: { $0.lowercased() == name.lowercased() }),
            let value = settings.value(of: name)
        else { return }
        output.parameterStatus(reported, value)
    }
}

/// A small result that is made of text.
struct TextTable {
    let columns: [ColumnDescription]
    let rows: [[String?]]

    init(_ names: [String], types: [PostgresType] = [], _ rows: [[String?]]) {
        columns = names.enumerated().map { place, name in
            ColumnDescription(name: name, type: place < types.count ? types[place] : .text)
        }
        self.rows = rows
    }
}
