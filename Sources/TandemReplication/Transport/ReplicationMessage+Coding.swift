import TandemLog

extension ReplicationMessage {
    /// The message as docs/REPLICATION.md has it, with its type byte.
    public func encode() -> [UInt8] {
        var writer = MessageWriter()
        switch self {
        case .accept(let accept): accept.write(to: &writer)
        case .refused(let refused):
            writer.write(ReplicationMessageType.refused.rawValue)
            refused.write(to: &writer)
        case .keepalive(let keepalive): keepalive.write(to: &writer)
        case .acknowledgement(let acknowledgement): acknowledgement.write(to: &writer)
        case .promiseAnswer(let answer): answer.write(to: &writer)
        case .takeOver(let takeOver): takeOver.write(to: &writer)
        }
        return writer.bytes
    }

    /// Reads a message; not RECORDS, which has a payload.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(MalformedMessage) {
        var reader = MessageReader(bytes)
        let byte: UInt8 = try reader.integer()
        switch ReplicationMessageType(rawValue: byte) {
        case .accept: self = .accept(try Accept(from: &reader))
        case .refused: self = .refused(try Refused(from: &reader))
        case .keepalive: self = .keepalive(try Keepalive(from: &reader))
        case .acknowledgement: self = .acknowledgement(try Acknowledgement(from: &reader))
        case .promiseAnswer: self = .promiseAnswer(try PromiseAnswer(from: &reader))
        case .takeOver: self = .takeOver(try TakeOver(from: &reader))
        case .records, nil: throw MalformedMessage(description: "a message of type \(byte) is not expected here")
        }
        try reader.expectEnd()
    }
}

extension Accept {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.write(ReplicationMessageType.accept.rawValue)
        writer.write(group.id)
        writer.write(epoch)
        writer.write(number.rawValue)
        for index in [common, commit, first, acknowledged] { writer.write(index) }
    }

    fileprivate init(from reader: inout MessageReader) throws(MalformedMessage) {
        self.init(
            group: try reader.group(), epoch: try reader.epoch(),
            number: ConnectionNumber(rawValue: try reader.integer()), common: try reader.index(),
            commit: try reader.index(), first: try reader.index(), acknowledged: try reader.index())
    }
}

extension Refused {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.write(reason.rawValue)
        writer.write(promised) { $0.write($1) }
        writer.write(primary) { $0.write($1) }
    }

    fileprivate init(from reader: inout MessageReader) throws(MalformedMessage) {
        let reason = Reason(rawValue: try reader.integer()) ?? .other
        let promised = try reader.optional { reader throws(MalformedMessage) in try reader.epoch() }
        self.init(
            reason: reason, promised: promised,
            primary: try reader.optional { reader throws(MalformedMessage) in try reader.text() })
    }
}

extension Keepalive {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.write(ReplicationMessageType.keepalive.rawValue)
        writer.write(epoch)
        writer.write(number.rawValue)
        writer.write(last)
        writer.write(commit)
        writer.write(clock)
    }

    fileprivate init(from reader: inout MessageReader) throws(MalformedMessage) {
        self.init(
            epoch: try reader.epoch(), number: ConnectionNumber(rawValue: try reader.integer()),
            last: try reader.index(), commit: try reader.index(), clock: try reader.integer())
    }
}

extension TakeOver {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.write(ReplicationMessageType.takeOver.rawValue)
        writer.write(epoch)
        writer.write(number.rawValue)
        writer.write(last)
    }

    fileprivate init(from reader: inout MessageReader) throws(MalformedMessage) {
        self.init(
            epoch: try reader.epoch(), number: ConnectionNumber(rawValue: try reader.integer()),
            last: try reader.index())
    }
}

extension Acknowledgement {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.write(ReplicationMessageType.acknowledgement.rawValue)
        writer.write(epoch)
        writer.write(number.rawValue)
        for index in [written, flushed, applied] { writer.write(index) }
        writer.write(whole)
        writer.write(sound)
        writer.write(delayed)
        writer.write(echo)
    }

    fileprivate init(from reader: inout MessageReader) throws(MalformedMessage) {
        self.init(
            epoch: try reader.epoch(), number: ConnectionNumber(rawValue: try reader.integer()),
            written: try reader.index(), flushed: try reader.index(), applied: try reader.index(),
            whole: try reader.flag(), sound: try reader.flag(), delayed: try reader.flag(),
            echo: try reader.integer())
    }
}

extension PromiseAnswer {
    fileprivate func write(to writer: inout MessageWriter) {
        writer.write(ReplicationMessageType.promiseAnswer.rawValue)
        writer.write(node.id)
        writer.write(epoch)
        writer.write(survey)
        switch outcome {
        case .refused(let refused):
            writer.write(false)
            refused.write(to: &writer)
        case .promised(let promised):
            writer.write(true)
            for position in [promised.position, promised.committed] {
                writer.write(position) {
                    $0.write($1.epoch)
                    $0.write($1.index)
                }
            }
            writer.write(UInt32(promised.memberRecords.count))
            for placed in promised.memberRecords {
                writer.write(placed.index)
                writer.write(placed.record.encode())
            }
        }
    }

    fileprivate init(from reader: inout MessageReader) throws(MalformedMessage) {
        let (node, epoch, survey) = (try reader.node(), try reader.epoch(), try reader.flag())
        guard try reader.flag() else {
            self.init(node: node, epoch: epoch, survey: survey, outcome: .refused(try Refused(from: &reader)))
            return
        }
        let (position, committed) = (try reader.position(), try reader.position())
        let count = Int(try reader.integer(UInt32.self))
        guard count <= 1024 else { throw MalformedMessage(description: "too many member records") }
        var records: [PlacedMemberRecord] = []
        for _ in 0..<count {
            let index = try reader.index()
            let payload = try reader.payload(maximum: 4 << 20)
            do throws(LogError) {
                records.append(PlacedMemberRecord(index: index, record: try MemberRecord(decoding: payload)))
            } catch {
                throw MalformedMessage(description: error.message)
            }
        }
        self.init(
            node: node, epoch: epoch, survey: survey,
            outcome: .promised(.init(position: position, committed: committed, memberRecords: records)))
    }
}

extension MessageReader {
    /// `position?`.
    fileprivate mutating func position() throws(MalformedMessage) -> Position? {
        try optional { reader throws(MalformedMessage) in
            Position(epoch: try reader.epoch(), index: try reader.index())
        }
    }
}
