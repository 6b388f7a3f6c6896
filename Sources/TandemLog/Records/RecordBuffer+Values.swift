extension RecordBuffer {
    @inlinable @inline(__always)
    func appendByte(_ value: UInt8) {
        guard reserve(1) else { return }
        state.pointee.base.storeBytes(of: value, toByteOffset: state.pointee.count, as: UInt8.self)
        state.pointee.count += 1
    }

    @inlinable @inline(__always)
    func appendVarint(_ value: UInt64) {
        guard reserve(10) else { return }
        let start = state.pointee.base + state.pointee.count
        var (rest, offset) = (value, 0)
        while rest >= 0x80 {
            start.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: offset, as: UInt8.self)
            rest >>= 7
            offset += 1
        }
        start.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: offset, as: UInt8.self)
        state.pointee.count += offset + 1
    }

    @inlinable @inline(__always)
    func appendZigzag(_ value: Int64) {
        appendVarint(UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63))
    }

    /// A tag, and `word`'s lowest `byteCount` bytes.
    @inlinable @inline(__always)
    func appendTagged(_ tag: UInt8, _ word: UInt64, byteCount: Int) {
        guard reserve(9) else { return }
        let start = state.pointee.base + state.pointee.count
        start.storeBytes(of: tag, as: UInt8.self)
        start.storeBytes(of: word.littleEndian, toByteOffset: 1, as: UInt64.self)
        state.pointee.count += 1 + byteCount
    }

    @inlinable @inline(__always)
    func appendSized(_ bytes: UnsafeRawBufferPointer, short: UInt8, long: UInt8) {
        if bytes.count <= ValueTag.longestShort {
            appendByte(short + UInt8(truncatingIfNeeded: bytes.count))
        } else {
            appendByte(long)
            appendVarint(UInt64(bytes.count))
        }
        appendBytes(bytes)
    }
}

extension RecordBuffer {
    @inlinable
    public mutating func writeNull() { appendByte(ValueTag.null) }

    @inlinable
    public mutating func writeInteger(_ value: Int64) {
        if value == 0 || value == 1 { return appendByte(value == 0 ? ValueTag.zero : ValueTag.one) }
        // The bits of the magnitude and one for the sign, rounded up to bytes.
        let byteCount = (72 - (value < 0 ? ~value : value).leadingZeroBitCount) / 8
        appendTagged(
            ValueTag.integer + UInt8(truncatingIfNeeded: byteCount), UInt64(bitPattern: value), byteCount: byteCount)
    }

    @inlinable
    public mutating func writeReal(_ value: Double) {
        appendTagged(ValueTag.real, value.bitPattern, byteCount: 8)
    }

    /// Text in UTF-8, as SQLite has it.
    @inlinable
    public mutating func writeText(_ bytes: UnsafeRawBufferPointer) {
        appendSized(bytes, short: ValueTag.shortText, long: ValueTag.text)
    }

    @inlinable
    public mutating func writeBlob(_ bytes: UnsafeRawBufferPointer) {
        appendSized(bytes, short: ValueTag.shortBlob, long: ValueTag.blob)
    }

    @inlinable
    public mutating func writeVarint(_ value: UInt64) { appendVarint(value) }

    @inlinable
    public mutating func writeZigzag(_ value: Int64) { appendZigzag(value) }

    @inlinable
    public mutating func write(_ value: ValueView) {
        switch value {
        case .null: writeNull()
        case .integer(let value): writeInteger(value)
        case .real(let value): writeReal(value)
        case .text(let bytes): writeText(bytes)
        case .blob(let bytes): writeBlob(bytes)
        }
    }

    public mutating func write(_ value: Value) {
        switch value {
        case .null: writeNull()
        case .integer(let value): writeInteger(value)
        case .real(let value): writeReal(value)
        case .text(var text): text.withUTF8 { writeText(UnsafeRawBufferPointer($0)) }
        case .blob(let bytes): bytes.withUnsafeBytes { writeBlob($0) }
        }
    }
}
