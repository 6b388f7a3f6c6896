import NIOCore

extension BackendMessage {
    /// Decodes the content of a frame of `type`.
    ///
    /// - Throws: ``SQLState/protocolViolation``, fatal, if the content is not what the type promises.
    public init(_ type: BackendMessageType, content payload: ByteBuffer) throws(PostgresError) {
        var content = payload
        do throws(PostgresError) {
            self = try Self.decode(type, &content)
        } catch {
            throw error.asFatal
        }
        guard content.readableBytes == 0 else { throw .fatalViolation("bytes left over in a message of the server") }
    }

    private static func decode(_ type: BackendMessageType, _ content: inout ByteBuffer) throws(PostgresError) -> Self {
        switch type {
        case .authentication: return .authentication(try authentication(&content))
        case .backendKeyData:
            return .backendKeyData(
                BackendKey(
                    processID: try content.readProtocolInteger(), secret: try content.readProtocolInteger()))
        case .bindComplete: return .bindComplete
        case .closeComplete: return .closeComplete
        case .commandComplete: return .commandComplete(try content.readProtocolString())
        case .copyBothResponse:
            try skipCopyFormats(&content)
            return .copyBothResponse
        case .copyInResponse:
            try skipCopyFormats(&content)
            return .copyInResponse
        case .copyOutResponse:
            try skipCopyFormats(&content)
            return .copyOutResponse
        case .copyData: return .copyData(rest(&content))
        case .copyDone: return .copyDone
        case .dataRow: return .dataRow(try values(&content))
        case .emptyQueryResponse: return .emptyQueryResponse
        case .errorResponse: return .errorResponse(try PostgresError(reading: &content))
        case .noticeResponse: return .noticeResponse(try PostgresError(reading: &content))
        case .negotiateProtocolVersion: return try negotiation(&content)
        case .noData: return .noData
        case .notificationResponse:
            _ = rest(&content)
            return .notificationResponse
        case .parameterDescription: return .parameterDescription(try types(&content))
        case .parameterStatus:
            return .parameterStatus(
                name: try content.readProtocolString(), value: try content.readProtocolString())
        case .parseComplete: return .parseComplete
        case .portalSuspended: return .portalSuspended
        case .readyForQuery:
            guard let status = TransactionStatus(rawValue: try content.readProtocolInteger()) else {
                throw .violation("ReadyForQuery holds an unknown transaction status")
            }
            return .readyForQuery(status)
        case .rowDescription: return .rowDescription(try columns(&content))
        }
    }

    private static func rest(_ content: inout ByteBuffer) -> ByteBuffer {
        let rest = content
        content.moveReaderIndex(to: content.writerIndex)
        return rest
    }

    private static func authentication(_ content: inout ByteBuffer) throws(PostgresError) -> Authentication {
        let method: UInt32 = try content.readProtocolInteger()
        switch method {
        case AuthenticationCode.ok: return .ok
        case AuthenticationCode.sasl:
            var mechanisms: [String] = []
            while true {
                let mechanism = try content.readProtocolString()
                if mechanism.isEmpty { return .sasl(mechanisms) }
                mechanisms.append(mechanism)
            }
        case AuthenticationCode.saslContinue: return .saslContinue(try SASLMessage.response(rest(&content)))
        case AuthenticationCode.saslFinal: return .saslFinal(try SASLMessage.response(rest(&content)))
        default:
            _ = rest(&content)
            return .unsupported(method)
        }
    }

    private static func negotiation(_ content: inout ByteBuffer) throws(PostgresError) -> BackendMessage {
        let newest = ProtocolVersion(code: try content.readProtocolInteger())
        let count = Int(try content.readProtocolInteger(UInt32.self))
        guard count <= content.readableBytes else { throw .violation("insufficient data left in message") }
        var options: [String] = []
        for _ in 0..<count { options.append(try content.readProtocolString()) }
        return .negotiateProtocolVersion(newest: newest, unknownOptions: options)
    }

    private static func skipCopyFormats(_ content: inout ByteBuffer) throws(PostgresError) {
        _ = try content.readProtocolInteger(UInt8.self)
        _ = try content.readFormatCodes()
    }

    private static func values(_ content: inout ByteBuffer) throws(PostgresError) -> [ByteBuffer?] {
        let count = Int(try content.readProtocolInteger(UInt16.self))
        guard count * 4 <= content.readableBytes else { throw .violation("insufficient data left in message") }
        var values: [ByteBuffer?] = []
        values.reserveCapacity(count)
        for _ in 0..<count {
            let length = try content.readProtocolInteger(Int32.self)
            if length == -1 {
                values.append(nil)
                continue
            }
            guard length >= 0, let value = content.readSlice(length: Int(length)) else {
                throw .violation("a value's length is not within its row")
            }
            values.append(value)
        }
        return values
    }

    private static func types(_ content: inout ByteBuffer) throws(PostgresError) -> [PostgresType] {
        let count = Int(try content.readProtocolInteger(UInt16.self))
        guard count * 4 <= content.readableBytes else { throw .violation("insufficient data left in message") }
        var types: [PostgresType] = []
        types.reserveCapacity(count)
        for _ in 0..<count { types.append(PostgresType(oid: try content.readProtocolInteger())) }
        return types
    }

    private static func columns(_ content: inout ByteBuffer) throws(PostgresError) -> [ColumnDescription] {
        let count = Int(try content.readProtocolInteger(UInt16.self))
        // A column takes 19 bytes at least: an empty name and 18 bytes of numbers.
        guard count * 19 <= content.readableBytes else { throw .violation("insufficient data left in message") }
        var columns: [ColumnDescription] = []
        columns.reserveCapacity(count)
        for _ in 0..<count {
            var column = ColumnDescription(name: try content.readProtocolString(), type: .unspecified)
            column.tableOID = try content.readProtocolInteger()
            column.attributeNumber = try content.readProtocolInteger()
            column.type = PostgresType(oid: try content.readProtocolInteger())
            column.typeSize = try content.readProtocolInteger()
            column.typeModifier = try content.readProtocolInteger()
            column.format = try content.readFormatCode()
            columns.append(column)
        }
        return columns
    }
}

extension PostgresError {
    /// Reads the fields of an ErrorResponse or NoticeResponse. Fields this module does not know are skipped, as the
    /// protocol asks.
    fileprivate init(reading content: inout ByteBuffer) throws(PostgresError) {
        self.init(code: .internalError, message: "")
        while true {
            let field: UInt8 = try content.readProtocolInteger()
            if field == 0 { return }
            let text = try content.readProtocolString()
            switch Unicode.Scalar(field) {
            case "V": severity = Severity(rawValue: text) ?? severity
            case "S": severity = Severity(rawValue: text) ?? severity
            case "C": code = SQLState(text)
            case "M": message = text
            case "D": detail = text
            case "H": hint = text
            case "P": position = Int(text)
            case "W": context = text
            case "s": schema = text
            case "t": table = text
            case "c": column = text
            case "d": dataType = text
            case "n": constraint = text
            default: break
            }
        }
    }
}
