import NIOCore
import PostgresWire

// SET, SHOW, RESET, DISCARD, DEALLOCATE, CLOSE, UNLISTEN.
extension SessionEngine {
    func runSetting(_ command: SessionCommand, _ request: RowRequest) throws(PostgresError) {
        switch command {
        case .set(let name, let value, let isLocal):
            if isLocal, block == nil, !isOneOfSeveral {
                warn(.noActiveSQLTransaction, "SET LOCAL can only be used in transaction blocks")
            } else {
                try set(name, to: value, isLocal: isLocal)
            }
            output.commandComplete("SET")
        case .setCharacteristics(let modes):
            try setCharacteristics(modes)
            output.commandComplete("SET")
        case .discardNothing(let object): output.commandComplete("DISCARD \(object)")
        case .discardSequences:
            forgetKeys()
            output.commandComplete("DISCARD SEQUENCES")
        case .reset(let name):
            try reset(name)
            output.commandComplete("RESET")
        case .show(let name): try show(try shown(name), request)
        case .discardAll:
            try discardAll()
            output.commandComplete("DISCARD ALL")
        case .deallocate(let name): try deallocate(name)
        case .close(let name): try closeCursor(name)
        case .lockNothing:
            try refuseLockOutsideOfBlock()
            output.commandComplete(LockStatement.tag)
        case .unlisten: output.commandComplete("UNLISTEN")
        case .comment:
            warn(SQLState("01000"), "the comment is not kept: SQLite's schema has no place for it")
            output.commandComplete("COMMENT")
        default: preconditionFailure("not a statement of the session's own")
        }
    }

    /// Forgets one prepared statement, or all.
    private func deallocate(_ name: String?) throws(PostgresError) {
        guard let name else {
            machine.statementsDeallocated()
            return output.commandComplete("DEALLOCATE ALL")
        }
        guard machine.statementDeallocated(name) else {
            throw PostgresError(
                code: .invalidSQLStatementName, message: "prepared statement \"\(name)\" does not exist")
        }
        output.commandComplete("DEALLOCATE")
    }

    /// Ends one cursor, or all.
    private func closeCursor(_ name: String?) throws(PostgresError) {
        guard let name else {
            machine.portalsDropped()
            return output.commandComplete("CLOSE CURSOR ALL")
        }
        guard machine.portal(name) != nil else {
            throw PostgresError(code: .invalidCursorName, message: "cursor \"\(name)\" does not exist")
        }
        machine.portalDropped(name)
        output.commandComplete("CLOSE CURSOR")
    }

    /// What the transactions that follow begin with.
    private func setCharacteristics(_ modes: SessionCommand.TransactionModes) throws(PostgresError) {
        settingsWillChange()
        if let isReadOnly = modes.isReadOnly {
            try settings.set("default_transaction_read_only", to: isReadOnly ? "on" : "off")
            reportSetting("default_transaction_read_only")
        }
        if let isDeferrable = modes.isDeferrable {
            try settings.set("default_transaction_deferrable", to: isDeferrable ? "on" : "off")
        }
        if let isSnapshot = modes.isSnapshot {
            try settings.set(
                "default_transaction_isolation",
                to: modes.isolation ?? (isSnapshot ? "serializable" : "read committed"))
        }
    }

    /// Sets one setting back, or all.
    private func reset(_ name: String?) throws(PostgresError) {
        settingsWillChange()
        if let name {
            try settings.reset(name)
            try settingsBeforeLocal?.reset(name)
            reportSetting(name)
        } else {
            resetAll()
        }
    }

    private func discardAll() throws(PostgresError) {
        guard block == nil, !isOneOfSeveral else {
            throw PostgresError(
                code: .activeSQLTransaction, message: "DISCARD ALL cannot run inside a transaction block")
        }
        resetAll()
        machine.allDiscarded()
        forgetKeys()
        releaseSessionLocks()
    }

    /// What Describe tells of a statement that the session carries out itself.
    func describeLocally(_ command: SessionCommand, formats: FormatCodes) {
        if case .cursor(.fetch(let name, _, isMove: false)) = command, let columns = try? columns(ofCursor: name) {
            return output.rowDescription(columns, formats: formats)
        }
        guard case .show(let name) = command, let table = try? shown(name) else { return output.noData() }
        output.rowDescription(table.columns, formats: formats)
    }

    /// Answers with a table, or with as many of its rows as are asked for at first.
    func show(_ table: TextTable, _ request: RowRequest) throws(PostgresError) {
        if request.describes { output.rowDescription(table.columns) }
        guard request.maximumRows > 0, let portal = request.portal else {
            try table.write(to: &output, formats: request.formats)
            return output.commandComplete("SHOW")
        }
        var rows = BackendMessages()
        try table.write(to: &rows, formats: request.formats)
        portal.remaining = RemainingRows(rows: rows.take(), words: "SHOW", countsRows: false)
        _ = try resume(portal, maximumRows: request.maximumRows, on: .none)
    }

    private func shown(_ name: String) throws(PostgresError) -> TextTable {
        switch name {
        case "all": return TextTable(["name", "setting"], allSettings().map { [$0.name, $0.value] })
        case "tandem.status": return node.statusTable()
        case Self.usersTable: return Self.table(of: [])
        case "tandem.members": return node.membersTable()
        case "transaction_isolation":
            return TextTable([name], [[isolation]])
        case "transaction_deferrable":
            let isDeferrable = block?.isDeferrable ?? (settings.value(of: "default_transaction_deferrable") == "on")
            return TextTable([name], [[isDeferrable ? "on" : "off"]])
        case "transaction_read_only": return TextTable([name], [[isReadOnly ? "on" : "off"]])
        default: return TextTable([name], [[try settingValue(name)]])
        }
    }

    /// The isolation of the block, or of the next one.
    var isolation: String {
        guard let block else { return settings.value(of: "default_transaction_isolation") ?? "read committed" }
        return block.isolation ?? (block.isSnapshot ? "repeatable read" : "read committed")
    }

    /// Sets a setting; nil sets it back. `isLocal`: until the end of the block.
    func set(_ name: String, to value: String?, isLocal: Bool) throws(PostgresError) {
        settingsWillChange()
        let before = settings
        if let value { try settings.set(name, to: value) } else { try settings.reset(name) }
        if isLocal {
            if settingsBeforeLocal == nil { settingsBeforeLocal = before }
        } else {
            // What follows a SET LOCAL of the same block outlives it.
            if let value { try settingsBeforeLocal?.set(name, to: value) } else { try settingsBeforeLocal?.reset(name) }
        }
        reportSetting(name)
    }

    private func resetAll() {
        let before = settings
        settings.resetAll()
        settingsBeforeLocal?.resetAll()
        reportChanges(since: before)
    }

    private func reportChanges(since before: SessionSettings) {
        for name in SessionSettings.reported where settings.value(of: name) != before.value(of: name) {
            reportSetting(name)
        }
    }

    /// Without a block, the statements of one query string, or of a pipeline up to its Sync, are one transaction: where it
    /// fails, what it has SET is as before, too.
    private func settingsWillChange() {
        if block == nil, settingsBeforeBlock == nil { settingsBeforeBlock = settings }
    }

    /// Whether the statement is one of several in its query string, which is a transaction then.
    private var isOneOfSeveral: Bool {
        query.map { $0.statements.startIndex > 0 || $0.statements.count > 1 } ?? false
    }

    /// What SET LOCAL has set is as before, and so is what SET has where the block is rolled back.
    func endBlockSettings(commits: Bool) {
        guard settingsBeforeLocal != nil || settingsBeforeBlock != nil else { return }
        let before = commits ? settingsBeforeLocal : settingsBeforeBlock
        settingsBeforeLocal = nil
        settingsBeforeBlock = nil
        guard let before else { return }
        let changed = settings
        settings = before
        reportChanges(since: changed)
    }

    func reportSetting(_ name: String) {
        guard let reported = SessionSettings.reported.first(where: { $0.lowercased() == name.lowercased() }),
            let value = settings.value(of: name)
        else { return }
        output.parameterStatus(reported, value)
        if reported == "application_name" { record.applicationNameChanged(value) }
    }
}
