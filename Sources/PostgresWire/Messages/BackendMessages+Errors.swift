import NIOCore

extension BackendMessages {
    /// Writes an ErrorResponse. A row that is unfinished is taken back.
    public mutating func errorResponse(_ error: PostgresError) {
        if missingValues != nil { abandonMessage() }
        write(error, as: .errorResponse)
    }

    public mutating func noticeResponse(_ notice: PostgresError) {
        write(notice, as: .noticeResponse)
    }

    private mutating func write(_ error: PostgresError, as type: BackendMessageType) {
        begin(type)
        field("S", error.severity.rawValue)
        field("V", error.severity.rawValue)
        field("C", error.code.rawValue)
        field("M", error.message)
        field("D", error.detail)
        field("H", error.hint)
        field("P", error.position.map(String.init))
        field("W", error.context)
        field("s", error.schema)
        field("t", error.table)
        field("c", error.column)
        field("d", error.dataType)
        field("n", error.constraint)
        field("R", error.routine)
        buffer.writeInteger(0 as UInt8)
        end()
    }

    private mutating func field(_ code: Unicode.Scalar, _ text: String?) {
        guard let text else { return }
        buffer.writeInteger(UInt8(ascii: code))
        buffer.writeProtocolString(text)
    }
}
