import NIOCore

/// Messages of the frontend, written one behind the other into one buffer: the client's counterpart of
/// ``BackendMessages``.
public struct FrontendMessages: Sendable {
    private var buffer = ByteBuffer()

    public init() {}

    /// How many bytes are written and not taken.
    public var byteCount: Int { buffer.writerIndex }

    /// The messages written so far. The writer is empty afterwards.
    public mutating func take() -> ByteBuffer {
        defer { buffer = ByteBuffer() }
        return buffer
    }

    private mutating func message(_ type: FrontendMessageType, _ body: (inout ByteBuffer) -> Void = { _ in }) {
        buffer.writeMultipleIntegers(type.rawValue, 0 as UInt32)
        let start = buffer.writerIndex - 4
        body(&buffer)
        buffer.setInteger(UInt32(buffer.writerIndex - start), at: start)
    }
}

// MARK: Start-up

extension FrontendMessages {
    public mutating func sslRequest() {
        buffer.writeMultipleIntegers(8 as UInt32, StartupPacket.sslRequestCode)
    }

    public mutating func gssEncryptionRequest() {
        buffer.writeMultipleIntegers(8 as UInt32, StartupPacket.gssEncryptionRequestCode)
    }

    public mutating func cancelRequest(_ key: BackendKey) {
        buffer.writeMultipleIntegers(16 as UInt32, StartupPacket.cancelRequestCode, key.processID, key.secret)
    }

    /// Parameters go in alphabetic order, so that equal messages are equal bytes.
    public mutating func startup(_ startup: StartupMessage) {
        let start = buffer.writerIndex
        buffer.writeMultipleIntegers(0 as UInt32, startup.version.code)
        for (name, value) in startup.parameters.sorted(by: { $0.key < $1.key }) {
            buffer.writeProtocolString(name)
            buffer.writeProtocolString(value)
        }
        buffer.writeInteger(0 as UInt8)
        buffer.setInteger(UInt32(buffer.writerIndex - start), at: start)
    }
}

// MARK: Queries

extension FrontendMessages {
    public mutating func query(_ sql: String) {
        message(.query) { $0.writeProtocolString(sql) }
    }

    public mutating func parse(_ parse: FrontendMessage.Parse) {
        message(.parse) {
            $0.writeProtocolString(parse.statement)
            $0.writeProtocolString(parse.query)
            $0.writeInteger(UInt16(parse.parameterTypes.count))
            for type in parse.parameterTypes { $0.writeInteger(type.oid) }
        }
    }

    public mutating func bind(_ bind: FrontendMessage.Bind) {
        message(.bind) {
            $0.writeProtocolString(bind.portal)
            $0.writeProtocolString(bind.statement)
            $0.writeFormatCodes(bind.parameterFormats)
            $0.writeInteger(UInt16(bind.parameters.count))
            for value in bind.parameters {
                guard let value else {
                    $0.writeInteger(-1 as Int32)
                    continue
                }
                $0.writeInteger(UInt32(value.readableBytes))
                $0.writeImmutableBuffer(value)
            }
            $0.writeFormatCodes(bind.resultFormats)
        }
    }

    public mutating func describe(_ object: PreparedObject) { message(.describe) { $0.writePreparedObject(object) } }

    public mutating func execute(portal: String = "", maximumRows: Int32 = 0) {
        message(.execute) {
            $0.writeProtocolString(portal)
            $0.writeInteger(maximumRows)
        }
    }

    public mutating func close(_ object: PreparedObject) { message(.close) { $0.writePreparedObject(object) } }

    public mutating func flush() { message(.flush) }
    public mutating func sync() { message(.sync) }
    public mutating func terminate() { message(.terminate) }

    /// A password or a SASL message, as it is.
    public mutating func password(_ bytes: ByteBuffer) {
        message(.password) { $0.writeImmutableBuffer(bytes) }
    }
}

// MARK: Copy

extension FrontendMessages {
    /// A CopyData whose payload is copied into the buffer.
    public mutating func copyData(_ payload: ByteBuffer) {
        message(.copyData) { $0.writeImmutableBuffer(payload) }
    }

    /// A CopyData whose payload `body` writes.
    public mutating func copyData(writing body: (inout ByteBuffer) -> Void) {
        message(.copyData, body)
    }

    public mutating func copyDone() { message(.copyDone) }

    public mutating func copyFail(_ reason: String) { message(.copyFail) { $0.writeProtocolString(reason) } }
}

extension ByteBuffer {
    /// Writes how many format codes there are, and the codes.
    fileprivate mutating func writeFormatCodes(_ codes: FormatCodes) {
        switch codes {
        case .all(.text): writeInteger(0 as UInt16)
        case .all(.binary): writeMultipleIntegers(1 as UInt16, FormatCode.binary.rawValue)
        case .each(let codes):
            writeInteger(UInt16(codes.count))
            for code in codes { writeInteger(code.rawValue) }
        }
    }

    fileprivate mutating func writePreparedObject(_ object: PreparedObject) {
        switch object {
        case .statement(let name):
            writeInteger(UInt8(ascii: "S"))
            writeProtocolString(name)
        case .portal(let name):
            writeInteger(UInt8(ascii: "P"))
            writeProtocolString(name)
        }
    }
}
