import NIOCore

// MARK: Rows, value by value

extension BackendMessages {
    /// Begins a row; exactly `columns` values and ``endDataRow()`` must follow. SQLite allows 32,767 columns.
    @inline(__always)
    public mutating func beginDataRow(columns: Int) {
        begin(.dataRow)
        buffer.write(UInt16(columns))
        missingValues = columns
        rowIsTooLarge = false
    }

    /// Ends the row.
    ///
    /// - Throws: ``SQLState/programLimitExceeded`` if it is larger than a message may be; it is taken back then.
    @inline(__always)
    public mutating func endDataRow() throws(PostgresError) {
        precondition(missingValues == 0, "a row has another number of values than it began with")
        guard !rowIsTooLarge else {
            abandonMessage()
            throw PostgresError(
                code: .programLimitExceeded, message: "a row is larger than a message may be, 1 GiB - 1",
                hint: "Select fewer columns, or parts of the values with substr().")
        }
        missingValues = nil
        end()
    }

    /// Takes the row being written back.
    public mutating func abandonDataRow() {
        if missingValues != nil { abandonMessage() }
    }

    @inline(__always)
    public mutating func writeNull() {
        countValue()
        buffer.write(-1 as Int32)
    }

    /// Writes a value's bytes as they are.
    @inline(__always)
    public mutating func write(bytes: UnsafeRawBufferPointer) {
        countValue()
        guard reserve(bytes.count) else { return }
        _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 4 + bytes.count) { room in
            room.storeBytes(of: UInt32(bytes.count).bigEndian, as: UInt32.self)
            UnsafeMutableRawBufferPointer(rebasing: room[4...]).copyMemory(from: bytes)
            return 4 + bytes.count
        }
    }

    /// Writes text as it is.
    public mutating func write(string: String) {
        countValue()
        guard reserve(string.utf8.count) else { return }
        buffer.writeInteger(UInt32(string.utf8.count))
        buffer.writeString(string)
    }

    /// Writes an integer in decimal digits.
    public mutating func write(decimal value: Int64) {
        countValue()
        guard reserve(4 + Int64.maximumDecimalLength) else { return }
        _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 4 + Int64.maximumDecimalLength) { room in
            let length = value.writeDecimal(to: UnsafeMutableRawBufferPointer(rebasing: room[4...]))
            room.storeBytes(of: UInt32(truncatingIfNeeded: length).bigEndian, as: UInt32.self)
            return 4 + length
        }
    }

    /// Writes an integer in its binary form.
    @inline(__always)
    mutating func write<T: FixedWidthInteger>(binary value: T) {
        countValue()
        buffer.writeMultipleIntegers(UInt32(MemoryLayout<T>.size), value)
    }

    /// Writes a value whose length is known only when it is written, of at most `maximum` bytes.
    mutating func writeValue(maximum: Int, _ body: (inout ByteBuffer) -> Void) {
        countValue()
        guard reserve(maximum) else { return }
        let start = buffer.writerIndex
        buffer.writeInteger(0 as UInt32)
        body(&buffer)
        buffer.setInteger(UInt32(buffer.writerIndex - start - 4), at: start)
    }

    @inline(__always)
    private mutating func countValue() {
        guard let missing = missingValues, missing > 0 else {
            preconditionFailure("a value outside of a row, or more values than the row began with")
        }
        missingValues = missing - 1
    }

    /// Whether the message and the buffer have room for a value of so many bytes. If not, the row is marked.
    @inline(__always)
    private mutating func reserve(_ length: Int) -> Bool {
        guard contentLength + 4 + length <= Self.maximumMessageLength,
            buffer.writerIndex + 4 + length <= Int(Int32.max)
        else {
            rowIsTooLarge = true
            return false
        }
        return true
    }
}

extension Int64 {
    /// The length of `Int64.min` in digits, and its sign.
    static var maximumDecimalLength: Int { 20 }

    /// Writes the decimal digits to the beginning of `target`, which has room for ``maximumDecimalLength``.
    ///
    /// - Returns: how many bytes they are.
    func writeDecimal(to target: UnsafeMutableRawBufferPointer) -> Int {
        var length = self < 0 ? 1 : 0
        var rest = magnitude
        repeat {
            length += 1
            rest /= 10
        } while rest > 0
        rest = magnitude
        var place = length
        repeat {
            place -= 1
            let quotient = rest / 10
            target[place] = 0x30 + UInt8(truncatingIfNeeded: rest - quotient * 10)
            rest = quotient
        } while rest > 0
        if self < 0 { target[0] = UInt8(ascii: "-") }
        return length
    }
}
