import NIOCore

/// The fields of one row of a COPY stream, without delimiters, quotes and escapes.
public struct CopyRow: Sendable {
    /// The fields' bytes, one behind the other.
    private var values = ByteBuffer()
    /// Where each field's bytes lie; nil is NULL.
    private var places: [Range<Int>?] = []

    init() {}

    public var count: Int { places.count }

    /// How many bytes all fields have together.
    public var byteCount: Int { values.writerIndex }

    /// A field's bytes; nil is NULL.
    public subscript(field: Int) -> ByteBuffer? {
        guard let place = places[field] else { return nil }
        return values.getSlice(at: place.lowerBound, length: place.count)
    }

    mutating func removeAll() {
        values.clear()
        places.removeAll(keepingCapacity: true)
    }

    /// Adds to the field being written.
    mutating func write(_ byte: UInt8) { values.writeInteger(byte) }
    mutating func write(_ bytes: some Sequence<UInt8>) { values.writeBytes(bytes) }

    /// Ends the field whose bytes begin at `start`, the ``byteCount`` before its first.
    mutating func endField(from start: Int) { places.append(start..<byteCount) }

    /// Adds a whole field.
    mutating func append(_ bytes: some Sequence<UInt8>) {
        let start = byteCount
        write(bytes)
        endField(from: start)
    }

    mutating func appendNull() { places.append(nil) }

    /// Whether the last field has these bytes.
    func lastEquals(_ bytes: [UInt8]) -> Bool {
        guard case .some(.some(let place)) = places.last, place.count == bytes.count else { return false }
        return values.readableBytesView[place].elementsEqual(bytes)
    }

    /// Whether the last field is UTF-8.
    var lastIsUTF8: Bool {
        guard case .some(.some(let place)) = places.last else { return true }
        return String(validating: values.readableBytesView[place], as: UTF8.self) != nil
    }

    /// Makes the last field NULL.
    mutating func makeLastNull() { places[places.count - 1] = nil }
}
