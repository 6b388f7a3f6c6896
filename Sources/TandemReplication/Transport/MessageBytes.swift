import TandemLog

/// A replication message whose bytes are not what this version writes.
public struct MalformedMessage: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}

/// Writes the fields of replication messages, most significant byte first, as PostgreSQL's protocol does.
struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ integer: some FixedWidthInteger) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ flag: Bool) { bytes.append(flag ? 1 : 0) }
    mutating func write(_ index: LogIndex) { write(index.rawValue) }

    mutating func write(_ id: UniqueID) {
        write(id.high)
        write(id.low)
    }

    mutating func write(_ epoch: Epoch) {
        write(epoch.counter)
        write(epoch.node.id)
    }

    mutating func write<Value>(_ value: Value?, _ body: (inout MessageWriter, Value) -> Void) {
        write(value != nil)
        if let value { body(&self, value) }
    }

    mutating func write(_ text: String) { write(Array(text.utf8.prefix(MessageReader.maximumText))) }

    mutating func write(_ payload: [UInt8]) {
        write(UInt32(payload.count))
        bytes.append(contentsOf: payload)
    }

    mutating func write(_ history: EpochHistory) {
        write(UInt32(history.entries.count))
        for entry in history.entries {
            write(entry.epoch)
            write(entry.firstIndex)
        }
    }
}

/// Reads what ``MessageWriter`` writes; every length is checked before it is used.
struct MessageReader {
    static let maximumText = 1024

    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    /// The bytes that are left, which belong to the message's payload.
    var remaining: UnsafeRawBufferPointer { rest }

    func expectEnd() throws(MalformedMessage) {
        guard rest.isEmpty else { throw MalformedMessage(description: "bytes are left over behind a message") }
    }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(MalformedMessage) -> Value {
        let size = MemoryLayout<Value>.size
        guard rest.count >= size else { throw MalformedMessage(description: "a message ends too early") }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[size...]) }
        return Value(bigEndian: rest.loadUnaligned(as: Value.self))
    }

    mutating func flag() throws(MalformedMessage) -> Bool {
        switch try integer(UInt8.self) {
        case 0: return false
        case 1: return true
        default: throw MalformedMessage(description: "a flag is neither 0 nor 1")
        }
    }

    mutating func index() throws(MalformedMessage) -> LogIndex {
        let index = LogIndex(try integer())
        guard index <= .maximum else { throw MalformedMessage(description: "an index is beyond 48 bits") }
        return index
    }

    mutating func uniqueID() throws(MalformedMessage) -> UniqueID {
        let high: UInt64 = try integer()
        return UniqueID(high: high, low: try integer())
    }

    mutating func node() throws(MalformedMessage) -> NodeID { NodeID(try uniqueID()) }
    mutating func group() throws(MalformedMessage) -> GroupID { GroupID(try uniqueID()) }

    mutating func epoch() throws(MalformedMessage) -> Epoch {
        let counter: UInt32 = try integer()
        return Epoch(counter: counter, node: try node())
    }

    mutating func optional<Value>(
        _ body: (inout MessageReader) throws(MalformedMessage) -> Value
    ) throws(MalformedMessage) -> Value? {
        try flag() ? try body(&self) : nil
    }

    mutating func text() throws(MalformedMessage) -> String {
        let bytes = try payload(maximum: Self.maximumText)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MalformedMessage(description: "text is not UTF-8")
        }
        return text
    }

    mutating func payload(maximum: Int) throws(MalformedMessage) -> UnsafeRawBufferPointer {
        let count = Int(try integer(UInt32.self))
        guard count <= maximum, count <= rest.count else {
            throw MalformedMessage(description: "a length of \(count) is beyond its message")
        }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<count])
    }

    mutating func history() throws(MalformedMessage) -> EpochHistory {
        let count = Int(try integer(UInt32.self))
        guard count <= rest.count / 28 else { throw MalformedMessage(description: "a message ends too early") }
        var entries: [EpochHistory.Entry] = []
        entries.reserveCapacity(count)
        for _ in 0..<count { entries.append(.init(epoch: try epoch(), firstIndex: try index())) }
        guard let history = EpochHistory(entries) else {
            throw MalformedMessage(description: "an epoch history does not grow")
        }
        return history
    }
}
