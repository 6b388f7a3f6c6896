import NIOCore

extension FrontendMessage {
    /// Decodes the content of a frame of `type`.
    ///
    /// Content that is not what the type promises becomes ``invalid(_:_:)``: the frames after it are sound, so only
    /// this message fails.
    public init(_ type: FrontendMessageType, content: ByteBuffer) {
        do throws(PostgresError) {
            self = try Self.decode(type, content)
        } catch {
            self = .invalid(type, error)
        }
    }

    private static func decode(_ type: FrontendMessageType, _ payload: ByteBuffer) throws(PostgresError) -> Self {
        var content = payload
        let message: FrontendMessage
        switch type {
        case .query: message = .query(try content.readProtocolString())
        case .parse: message = .parse(try Parse(reading: &content))
        case .bind: message = .bind(try Bind(reading: &content))
        case .describe: message = .describe(try PreparedObject(reading: &content))
        case .close: message = .close(try PreparedObject(reading: &content))
        case .execute:
            let portal = try content.readProtocolString()
            message = .execute(portal: portal, maximumRows: Int(max(0, try content.readProtocolInteger(Int32.self))))
        case .flush: message = .flush
        case .sync: message = .sync
        case .terminate: message = .terminate
        case .copyDone: message = .copyDone
        case .copyFail: message = .copyFail(try content.readProtocolString())
        case .copyData: return .copyData(content)
        case .password: return .password(content)
        case .functionCall: return .functionCall
        }
        guard content.readableBytes == 0 else { throw .violation("invalid message format: bytes left over") }
        return message
    }
}

extension FrontendMessage.Parse {
    fileprivate init(reading content: inout ByteBuffer) throws(PostgresError) {
        statement = try content.readProtocolString()
        query = try content.readProtocolString()
        parameterTypes = []
        let count = Int(try content.readProtocolInteger(UInt16.self))
        guard count * 4 <= content.readableBytes else { throw .violation("insufficient data left in message") }
        parameterTypes.reserveCapacity(count)
        for _ in 0..<count { parameterTypes.append(PostgresType(oid: try content.readProtocolInteger())) }
    }
}

extension FrontendMessage.Bind {
    fileprivate init(reading content: inout ByteBuffer) throws(PostgresError) {
        portal = try content.readProtocolString()
        statement = try content.readProtocolString()
        parameterFormats = try content.readFormatCodes()
        let count = Int(try content.readProtocolInteger(UInt16.self))
        // Each value needs at least its length, so the count is bounded by the message before anything is allocated.
        guard count * 4 <= content.readableBytes else { throw .violation("insufficient data left in message") }
        guard parameterFormats.fits(count) else {
            throw .violation("bind message has a number of parameter formats other than that of its parameters")
        }
        parameters = []
        // Room for none is made anew, too.
        if count > 0 { parameters.reserveCapacity(count) }
        for _ in 0..<count {
            let length = try content.readProtocolInteger(Int32.self)
            if length == -1 {
                parameters.append(nil)
                continue
            }
            guard length >= 0, let value = content.readSlice(length: Int(length)) else {
                throw .violation("a parameter's length is not within the message")
            }
            parameters.append(value)
        }
        resultFormats = try content.readFormatCodes()
    }
}

extension PreparedObject {
    fileprivate init(reading content: inout ByteBuffer) throws(PostgresError) {
        let kind = try content.readProtocolInteger(UInt8.self)
        let name = try content.readProtocolString()
        switch kind {
        case UInt8(ascii: "S"): self = .statement(name)
        case UInt8(ascii: "P"): self = .portal(name)
        default: throw .violation("a Describe or Close names neither a statement nor a portal")
        }
    }
}
