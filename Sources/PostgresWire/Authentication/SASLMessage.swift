import NIOCore

/// What a password message holds during SASL (chapter 55.7: SASLInitialResponse, SASLResponse).
enum SASLMessage {
    /// The mechanism's name, and the client's first message.
    static func initialResponse(
        _ bytes: ByteBuffer
    ) throws(PostgresError) -> (mechanism: String, message: String) {
        var bytes = bytes
        let mechanism = try bytes.readProtocolString()
        let length = try bytes.readProtocolInteger(Int32.self)
        guard length >= 0, Int(length) == bytes.readableBytes else {
            throw .violation("a SASL initial response whose length is not within its message")
        }
        return (mechanism, try response(bytes))
    }

    static func response(_ bytes: ByteBuffer) throws(PostgresError) -> String {
        guard let text = bytes.validatedText else {
            throw .invalidUTF8
        }
        return text
    }

    /// SASLInitialResponse as a client sends it.
    static func encodeInitialResponse(mechanism: String, _ message: String) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeProtocolString(mechanism)
        bytes.writeInteger(UInt32(message.utf8.count))
        bytes.writeString(message)
        return bytes
    }
}

extension ByteBuffer {
    /// All that is left as text; nil if it is not UTF-8.
    fileprivate var validatedText: String? {
        withUnsafeReadableBytes { String(validating: $0, as: UTF8.self) }
    }
}
