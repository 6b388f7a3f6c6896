import NIOCore

@testable import PostgresWire

/// Bytes written down piece by piece, each as what it means.
func bytes(_ pieces: BytePiece...) -> ByteBuffer {
    var buffer = ByteBuffer()
    for piece in pieces {
        switch piece {
        case .ascii(let text): buffer.writeString(text)
        case .zero: buffer.writeInteger(0 as UInt8)
        case .int16(let value): buffer.writeInteger(value)
        case .int32(let value): buffer.writeInteger(value)
        case .raw(let bytes): buffer.writeBytes(bytes)
        }
    }
    return buffer
}

enum BytePiece {
    /// Characters without a terminator.
    case ascii(String)
    /// A string's end.
    case zero
    case int16(Int16)
    case int32(Int32)
    case raw([UInt8])
}

/// A generator whose seed is printed with a failure.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        // SplitMix64 (Steele, Lea, Flood 2014).
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension FrontendFrameDecoder {
    /// A decoder behind a finished start-up.
    static func started(_ bytes: ByteBuffer = ByteBuffer()) -> FrontendFrameDecoder {
        FrontendFrameDecoder(startedWith: bytes)
    }

    /// All messages that are there.
    mutating func allMessages() throws(PostgresError) -> [FrontendMessage] {
        var messages: [FrontendMessage] = []
        while let message = try nextMessage() { messages.append(message) }
        return messages
    }
}

/// Decodes one message and expects nothing after it.
func decodeFrontend(_ bytes: ByteBuffer) throws -> FrontendMessage? {
    var decoder = FrontendFrameDecoder.started(bytes)
    let message = try decoder.nextMessage()
    return decoder.bufferedBytes == 0 ? message : nil
}

/// Decodes all messages of a backend.
func decodeBackend(_ bytes: ByteBuffer) throws(PostgresError) -> [BackendMessage] {
    var decoder = BackendFrameDecoder()
    decoder.received(bytes)
    var messages: [BackendMessage] = []
    while let message = try decoder.nextMessage() { messages.append(message) }
    return messages
}
