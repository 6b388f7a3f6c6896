// Who may see the table of users: nobody who sends text.
extension StatementPolicy {
    /// Nil unless the statement at `offset` names the table of users, in whatever quotes.
    ///
    /// SQLite knows no way to write a name but with its own bytes. What is made of a schema change (arguments of a
    /// virtual table, a trigger) is read again by others, with quotes inside of quotes: there the bytes are enough.
    static func refusalOfUserTable(
        _ kind: StatementKind, _ text: UnsafeBufferPointer<UInt8>, from offset: Int
    ) -> SQLiteError? {
        guard contains(text[offset...]) else { return nil }
        guard !kind.changesSchema else { return forbidden }
        var cursor = SQLTokenCursor(text, from: offset)
        while cursor.current != nil {
            if let name = cursor.takeName() {
                if name.lowercased() == UserTable.name { return forbidden }
            } else {
                cursor.advance()
            }
        }
        return nil
    }

    private static let forbidden = SQLiteError(
        .forbidden, "The table \(UserTable.name) is nobody's but the node's: use CREATE, ALTER and DROP ROLE.")

    /// Whether the name's bytes are in the text, in any case.
    private static func contains(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let name = Array(UserTable.name.utf8)
        guard text.count >= name.count else { return false }
        for start in text.startIndex...text.endIndex - name.count where text[start] == UInt8(ascii: "_") {
            var place = 0
            while place < name.count, lowercased(text[start + place]) == name[place] { place += 1 }
            if place == name.count { return true }
        }
        return false
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
}
