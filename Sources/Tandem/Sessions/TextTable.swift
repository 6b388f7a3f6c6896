import PostgresWire

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

    /// Writes the rows.
    func write(to messages: inout BackendMessages, formats: FormatCodes) throws(PostgresError) {
        for row in rows {
            messages.beginDataRow(columns: row.count)
            for (number, value) in row.enumerated() {
                if let value {
                    try Self.write(value, as: columns[number].type, formats[number], to: &messages)
                } else {
                    messages.writeNull()
                }
            }
            try messages.endDataRow()
        }
    }

    private static func write(
        _ value: String, as type: PostgresType, _ format: FormatCode, to messages: inout BackendMessages
    ) throws(PostgresError) {
        guard format == .binary else { return messages.write(string: value) }
        var value = value
        let written: Result<Void, PostgresError> = value.withUTF8 { text in
            do throws(PostgresError) {
                return .success(try messages.write(text: UnsafeRawBufferPointer(text), as: type, format))
            } catch {
                return .failure(error)
            }
        }
        try written.get()
    }
}

/// How the rows of a statement that the session carries out itself are asked for.
struct RowRequest {
    /// Whether they are to be described first, as in a simple query.
    var describes: Bool
    var formats = FormatCodes.all(.text)
    /// The portal that is run; nil in a simple query.
    var portal: SessionPortal?
    /// So many rows are asked for at first; 0 for all.
    var maximumRows = 0
}
