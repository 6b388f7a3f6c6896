import NIOCore

/// Any bytes from a client, before and behind its log-in, in pieces whose size the first byte tells.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: bytes, count: count)
    guard let first = input.first else { return 0 }
    feed(FrontendFrameDecoder(), input.dropFirst(), piece: Int(first) + 1)
    feed(FrontendFrameDecoder(startedWith: ByteBuffer()), input.dropFirst(), piece: Int(first) + 1)
    return 0
}

private func feed(_ decoder: FrontendFrameDecoder, _ input: Slice<UnsafeBufferPointer<UInt8>>, piece: Int) {
    var decoder = decoder
    var rest = input
    do throws(PostgresError) {
        while !rest.isEmpty {
            decoder.received(ByteBuffer(bytes: rest.prefix(piece)))
            rest = rest.dropFirst(piece)
            while let packet = try decoder.nextStartupPacket() {
                if case .startup = packet { decoder.authenticated() }
            }
            while try decoder.nextMessage() != nil {}
        }
    } catch {
        precondition(error.severity == .fatal)
    }
}
