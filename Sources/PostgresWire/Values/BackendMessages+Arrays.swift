import NIOCore

extension BackendMessages {
    /// Writes an array of one dimension in binary format.
    ///
    /// - Parameters:
    ///   - elements: the elements as texts; nil for NULL.
    ///   - type: the type of each.
    /// - Throws: ``PostgresError`` as ``write(text:as:_:)`` for an element that is no value of the type.
    public mutating func write(binaryArray elements: [String?], of type: PostgresType) throws(PostgresError) {
        var bytes = ByteBuffer()
        // Dimensions, whether there are NULLs, and the elements' type; then the one dimension's length and first number.
        bytes.writeMultipleIntegers(
            Int32(elements.isEmpty ? 0 : 1), Int32(elements.contains { $0 == nil } ? 1 : 0), type.rawValue)
        if !elements.isEmpty { bytes.writeMultipleIntegers(Int32(clamping: elements.count), 1 as Int32) }
        for element in elements {
            guard let element else {
                bytes.writeInteger(-1 as Int32)
                continue
            }
            // As the only value of a row of its own, behind its type, length and count.
            var row = BackendMessages()
            row.beginDataRow(columns: 1)
            let text = ByteBuffer(string: element)
            try text.withUnsafeReadableBytes { text throws(PostgresError) in
                try row.write(text: text, as: type, .binary)
            }
            try row.endDataRow()
            bytes.writeImmutableBuffer(row.take().dropFirstBytes(7))
        }
        bytes.withUnsafeReadableBytes { write(bytes: $0) }
    }
}

extension ByteBuffer {
    fileprivate func dropFirstBytes(_ count: Int) -> ByteBuffer {
        var rest = self
        rest.moveReaderIndex(forwardBy: min(count, rest.readableBytes))
        return rest
    }
}
