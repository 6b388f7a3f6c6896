import TandemLog

/// What a node asks another at the beginning of a replication connection, as a simple query.
///
/// | command | answer |
/// | --- | --- |
/// | `IDENTIFY_SYSTEM` | a row: group, node, epoch, commit index |
/// | `START_REPLICATION TANDEM 1 <CONNECT in hexadecimal>` | CopyBothResponse, then ACCEPT or REFUSED as the first CopyData |
/// | the same with ` CASCADE` behind it | the same, for a node that is no member (docs/REPLICATION.md, rule 34) |
/// | `TANDEM_SNAPSHOT 1 <request in hexadecimal>` | CopyBothResponse, then the snapshot's messages as CopyData |
/// | `TANDEM_PROMISE 2 <START or PROMISE in hexadecimal>` | CopyBothResponse, then the answer as CopyData |
public enum ReplicationCommand: Sendable {
    case identifySystem
    case startReplication(Connect)
    case promise(PromiseRequest)
    case snapshot(SnapshotRequest)

    /// The version of the messages that this node speaks.
    public static let version = 1
    /// The same of START, PROMISE, REIGN and their answers; since 2 a promise tells what is committed.
    public static let promiseVersion = 2

    public var text: String {
        var writer = MessageWriter()
        switch self {
        case .identifySystem: return "IDENTIFY_SYSTEM"
        case .startReplication(let connect):
            connect.write(to: &writer)
            let cascade = connect.cascades ? " CASCADE" : ""
            return "START_REPLICATION TANDEM \(Self.version) \(Self.hexadecimal(writer.bytes))\(cascade)"
        case .promise(let request):
            request.write(to: &writer)
            return "TANDEM_PROMISE \(Self.promiseVersion) \(Self.hexadecimal(writer.bytes))"
        case .snapshot(let request):
            request.write(to: &writer)
            return "TANDEM_SNAPSHOT \(Self.version) \(Self.hexadecimal(writer.bytes))"
        }
    }

    /// Reads a command.
    public init(_ text: String) throws(MalformedMessage) {
        let words = text.split { $0 == " " || $0 == ";" }
        switch words.first?.uppercased() {
        case "IDENTIFY_SYSTEM": self = .identifySystem
        case "START_REPLICATION" where words.count >= 4 && words[1].uppercased() == "TANDEM":
            let bytes = try Self.bytes(words[3], version: words[2])
            var connect = try Self.decode(bytes) { reader throws(MalformedMessage) in try Connect(from: &reader) }
            connect.cascades = try Self.cascades(words.dropFirst(4))
            self = .startReplication(connect)
        case "TANDEM_PROMISE" where words.count == 3:
            let bytes = try Self.bytes(words[2], version: words[1], spoken: Self.promiseVersion)
            self = .promise(
                try Self.decode(bytes) { reader throws(MalformedMessage) in try PromiseRequest(from: &reader) })
        case "TANDEM_SNAPSHOT" where words.count == 3:
            let bytes = try Self.bytes(words[2], version: words[1])
            self = .snapshot(
                try Self.decode(bytes) { reader throws(MalformedMessage) in try SnapshotRequest(from: &reader) })
        default:
            throw MalformedMessage(
                description:
                    "a replication connection takes IDENTIFY_SYSTEM, START_REPLICATION TANDEM, TANDEM_PROMISE and TANDEM_SNAPSHOT only"
            )
        }
    }

    private static func cascades(_ words: ArraySlice<Substring>) throws(MalformedMessage) -> Bool {
        guard let word = words.first else { return false }
        guard words.count == 1, word.uppercased() == "CASCADE" else {
            throw MalformedMessage(description: "behind CONNECT only CASCADE is known")
        }
        return true
    }

    private static func bytes(
        _ text: Substring, version: Substring, spoken: Int = Self.version
    ) throws(MalformedMessage) -> [UInt8] {
        guard Int(version) == spoken else {
            throw MalformedMessage(
                description:
                    "the other node speaks version \(version) of the replication messages, this one \(spoken)")
        }
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { throw MalformedMessage(description: "half a byte is left over") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16) else {
                throw MalformedMessage(description: "hexadecimal digits were expected")
            }
            bytes.append(byte)
        }
        return bytes
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func decode<Value>(
        _ bytes: [UInt8], _ body: (inout MessageReader) throws(MalformedMessage) -> Value
    ) throws(MalformedMessage) -> Value {
        let result: Result<Value, MalformedMessage> = bytes.withUnsafeBytes { bytes in
            var reader = MessageReader(bytes)
            do throws(MalformedMessage) {
                let value = try body(&reader)
                try reader.expectEnd()
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

extension Connect {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.write(group) { $0.write($1.id) }
        writer.write(node.id)
        writer.write(address)
        writer.write(number.rawValue)
        writer.write(promised) { $0.write($1) }
        writer.write(whole)
        writer.write(last)
        writer.write(commit)
        writer.write(history)
    }

    fileprivate init(from reader: inout MessageReader) throws(MalformedMessage) {
        let group = try reader.optional { reader throws(MalformedMessage) in try reader.group() }
        let (node, address) = (try reader.node(), try reader.text())
        let number = ConnectionNumber(rawValue: try reader.integer())
        let promised = try reader.optional { reader throws(MalformedMessage) in try reader.epoch() }
        let (whole, last, commit) = (try reader.flag(), try reader.index(), try reader.index())
        self.init(
            group: group, node: node, address: address, number: number, promised: promised, whole: whole,
            history: try reader.history(), last: last, commit: commit)
    }
}

extension PromiseRequest {
    fileprivate func write(to writer: inout MessageWriter) {
        switch kind {
        case .promotion: writer.write(UInt8(0))
        case .start(let reign):
            writer.write(UInt8(1))
            writer.write(reign)
        case .announcement: writer.write(UInt8(2))
        }
        writer.write(group.id)
        writer.write(node.id)
        writer.write(address)
        writer.write(epoch)
        writer.write(survey)
    }

    fileprivate init(from reader: inout MessageReader) throws(MalformedMessage) {
        let kind: Kind
        switch try reader.integer(UInt8.self) {
        case 0: kind = .promotion
        case 1: kind = .start(reign: try reader.epoch())
        case 2: kind = .announcement
        default: throw MalformedMessage(description: "a request of an unknown kind")
        }
        self.init(
            kind: kind, group: try reader.group(), node: try reader.node(), address: try reader.text(),
            epoch: try reader.epoch(), survey: try reader.flag())
    }
}
