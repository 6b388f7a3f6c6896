import TandemLog

extension ChangeCapture {
    /// Writes the sums of the tables that the open transaction has changed: what they are behind it.
    func writeContentSums() throws(SQLiteError) {
        guard let contents else { return }
        for changed in contents.touched {
            guard let content = changed.content, content.isTellable, contents.tables[content.name] === content else {
                continue
            }
            let table = changed.isCurrent ? changed : try catalog.table(content.name)
            if !table.isDefined {
                let place = buffer.byteCount
                buffer.writeTableDefinition(table.definition)
                catalog.definitionWritten(table, at: place)
            }
            buffer.writeContentChecksum(
                ContentChecksum(
                    table: table.number, rowCount: UInt64(bitPattern: content.sum.rows), sum: content.sum.sum))
        }
    }
}
