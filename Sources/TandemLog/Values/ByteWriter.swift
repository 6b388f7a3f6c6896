/// Writes the format's primitives into an array, for the few things that are not written on the hot path.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    mutating func writeByte(_ value: UInt8) { bytes.append(value) }

    mutating func writeInteger<Integer: FixedWidthInteger>(_ value: Integer) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func writeVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func writeString(_ text: String) {
        writeVarint(UInt64(text.utf8.count))
        write(text.utf8)
    }

    /// Sixteen bytes in the order in which a UUID is written.
    mutating func writeUniqueID(_ id: UniqueID) {
        writeInteger(id.high.byteSwapped)
        writeInteger(id.low.byteSwapped)
    }

    mutating func pad(toMultipleOf alignment: Int, reserving reserved: Int) {
        while (bytes.count + reserved) % alignment != 0 { bytes.append(0) }
    }
}
