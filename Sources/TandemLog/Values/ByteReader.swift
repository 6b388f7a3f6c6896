/// Why bytes are not what the format says. Small, so that throwing it costs nothing until it happens.
enum Malformation: UInt8, Error {
    case truncated, varintTooLong, unknownTag, unknownCode, unknownFlag, lengthTooLarge, notText
    case unknownTable, tableNumber, columnCount, count, trailingBytes

    var explanation: String {
        switch self {
        case .truncated: "the bytes end in the middle of a field"
        case .varintTooLong: "a variable-length integer does not fit 64 bits"
        case .unknownTag: "a value begins with an unknown tag"
        case .unknownCode: "a change begins with an unknown code"
        case .unknownFlag: "a flag or kind has an unknown value"
        case .lengthTooLarge: "a length exceeds the bytes that are there"
        case .notText: "a name is not valid UTF-8"
        case .unknownTable: "a change names a table that was not defined before it"
        case .tableNumber: "a table number is 0 or too large"
        case .columnCount: "a table has no columns or too many"
        case .count: "a count exceeds its bound"
        case .trailingBytes: "bytes are left over after the last field"
        }
    }
}

/// Reads the format's primitives from raw bytes. Every read is checked against the end.
struct ByteReader {
    private(set) var position: UnsafeRawPointer
    let end: UnsafeRawPointer
    private let start: UnsafeRawPointer

    /// Reads `bytes`, which must outlive the reader and whatever it returns.
    init(_ bytes: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; any address does for a reader that is at its end.
        start = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped
        position = start
        end = start + bytes.count
    }

    var remaining: Int { end - position }
    var isAtEnd: Bool { position == end }
    var offset: Int { position - start }

    @inline(__always)
    mutating func readByte() throws(Malformation) -> UInt8 {
        guard position < end else { throw .truncated }
        let value = position.load(as: UInt8.self)
        position += 1
        return value
    }

    @inline(__always)
    mutating func readInteger<Integer: FixedWidthInteger & BitwiseCopyable>(_: Integer.Type) throws(Malformation)
        -> Integer
    {
        guard remaining >= MemoryLayout<Integer>.size else { throw .truncated }
        let value = Integer(littleEndian: position.loadUnaligned(as: Integer.self))
        position += MemoryLayout<Integer>.size
        return value
    }

    /// LEB128, unsigned, at most 10 bytes.
    @inline(__always)
    mutating func readVarint() throws(Malformation) -> UInt64 {
        let first = try readByte()
        return first < 0x80 ? UInt64(first) : try readLongVarint(first)
    }

    private mutating func readLongVarint(_ first: UInt8) throws(Malformation) -> UInt64 {
        var value = UInt64(first & 0x7F)
        var shift: UInt64 = 7
        while true {
            let byte = try readByte()
            // The tenth byte holds the 64th bit and nothing else.
            guard shift < 63 || (shift == 63 && byte <= 1) else { throw .varintTooLong }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    @inline(__always)
    mutating func readZigzag() throws(Malformation) -> Int64 {
        let value = try readVarint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A length that is known to fit the bytes that are left.
    @inline(__always)
    mutating func readLength() throws(Malformation) -> Int {
        let length = try readVarint()
        guard length <= UInt64(remaining) else { throw .lengthTooLarge }
        return Int(length)
    }

    @inline(__always)
    mutating func readBytes(_ count: Int) throws(Malformation) -> UnsafeRawBufferPointer {
        guard count <= remaining else { throw .truncated }
        let bytes = UnsafeRawBufferPointer(start: position, count: count)
        position += count
        return bytes
    }

    /// A length and as many bytes of UTF-8.
    mutating func readString() throws(Malformation) -> String {
        let length = try readLength()
        guard let text = String(validating: try readBytes(length), as: UTF8.self) else { throw .notText }
        return text
    }

    /// Sixteen bytes in the order in which a UUID is written.
    mutating func readUniqueID() throws(Malformation) -> UniqueID {
        let high = try readInteger(UInt64.self)
        let low = try readInteger(UInt64.self)
        return UniqueID(high: high.byteSwapped, low: low.byteSwapped)
    }

    func expectEnd() throws(Malformation) {
        guard isAtEnd else { throw .trailingBytes }
    }
}

extension ByteReader {
    /// One value (docs/LOG-FORMAT.md, "Values").
    @inline(__always)
    mutating func readValue() throws(Malformation) -> ValueView {
        let tag = try readByte()
        if tag >= ValueTag.shortText {
            if tag < ValueTag.shortBlob { return .text(try readBytes(Int(tag & 63))) }
            guard tag < 192 else { throw .unknownTag }
            return .blob(try readBytes(Int(tag & 63)))
        }
        switch tag {
        case ValueTag.null: return .null
        case ValueTag.zero: return .integer(0)
        case ValueTag.one: return .integer(1)
        case 3...10: return .integer(try readSignedInteger(byteCount: Int(tag - ValueTag.integer)))
        case ValueTag.real: return .real(Double(bitPattern: try readInteger(UInt64.self)))
        case ValueTag.text: return .text(try readBytes(try readLength()))
        case ValueTag.blob: return .blob(try readBytes(try readLength()))
        default: throw .unknownTag
        }
    }

    @inline(__always)
    private mutating func readSignedInteger(byteCount: Int) throws(Malformation) -> Int64 {
        let unused = 64 - 8 * byteCount
        var word: UInt64 = 0
        if remaining >= 8 {
            word = UInt64(littleEndian: position.loadUnaligned(as: UInt64.self))
            position += byteCount
        } else {
            let bytes = try readBytes(byteCount)
            for (place, byte) in bytes.enumerated() { word |= UInt64(byte) << UInt64(8 * place) }
        }
        return Int64(bitPattern: word << UInt64(unused)) >> Int64(unused)
    }
}
