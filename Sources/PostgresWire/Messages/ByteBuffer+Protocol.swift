import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension ByteBuffer {
    /// Reads a zero-terminated string, which must be UTF-8.
    ///
    /// - Throws: ``SQLState/protocolViolation`` if the terminator is missing,
    ///   ``SQLState/characterNotInRepertoire`` if the text is not UTF-8.
    mutating func readProtocolString() throws(PostgresError) -> String {
        if getInteger(at: readerIndex, as: UInt8.self) == 0 {
            moveReaderIndex(forwardBy: 1)
            return ""
        }
        let length = withUnsafeReadableBytes { bytes -> Int? in
            guard let start = bytes.baseAddress, let end = memchr(start, 0, bytes.count) else { return nil }
            return start.distance(to: UnsafeRawPointer(end))
        }
        guard let length else { throw .violation("a string ends without its terminating zero") }
        let text = withUnsafeReadableBytes { bytes -> String? in
            let text = UnsafeRawBufferPointer(rebasing: bytes[..<length])
            // Names and most statements; validating is generic code that is not made for bytes.
            if text.allSatisfy({ $0 < 0x80 }) { return String(decoding: text, as: UTF8.self) }
            return String(validating: text, as: UTF8.self)
        }
        guard let text else { throw .invalidUTF8 }
        moveReaderIndex(forwardBy: length + 1)
        return text
    }

    /// Reads an integer of the protocol, or says that the message is too short.
    @inline(__always)
    mutating func readProtocolInteger<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(PostgresError) -> T {
        guard let value = readInteger(as: type) else { throw .violation("insufficient data left in message") }
        return value
    }

    /// Reads a count of format codes and the codes.
    mutating func readFormatCodes() throws(PostgresError) -> FormatCodes {
        let count = Int(try readProtocolInteger(UInt16.self))
        guard count > 0 else { return .all(.text) }
        guard count * 2 <= readableBytes else { throw .violation("insufficient data left in message") }
        if count == 1 { return .all(try readFormatCode()) }
        var codes: [FormatCode] = []
        codes.reserveCapacity(count)
        for _ in 0..<count { codes.append(try readFormatCode()) }
        return .each(codes)
    }

    mutating func readFormatCode() throws(PostgresError) -> FormatCode {
        let raw = try readProtocolInteger(Int16.self)
        guard let code = FormatCode(rawValue: raw) else {
            throw PostgresError(code: .invalidParameterValue, message: "unsupported format code: \(raw)")
        }
        return code
    }

    // NIO's own ways to write integers are made for any number and order of them, which costs more than the writing.

    /// Writes an integer.
    @inline(__always)
    mutating func write<T: FixedWidthInteger>(_ value: T) {
        _ = writeWithUnsafeMutableBytes(minimumWritableBytes: MemoryLayout<T>.size) { room in
            room.storeBytes(of: value.bigEndian, as: T.self)
            return MemoryLayout<T>.size
        }
    }

    /// Writes what a message begins with: its type, and its length.
    @inline(__always)
    mutating func writeHead(_ type: UInt8, length: UInt32) {
        _ = writeWithUnsafeMutableBytes(minimumWritableBytes: 5) { room in
            room[0] = type
            room.storeBytes(of: length.bigEndian, toByteOffset: 1, as: UInt32.self)
            return 5
        }
    }

    /// Writes a message of a single byte.
    @inline(__always)
    mutating func writeHead(_ type: UInt8, length: UInt32, followedBy content: UInt8) {
        _ = writeWithUnsafeMutableBytes(minimumWritableBytes: 6) { room in
            room[0] = type
            room.storeBytes(of: length.bigEndian, toByteOffset: 1, as: UInt32.self)
            room[5] = content
            return 6
        }
    }

    /// Writes an integer over readable bytes.
    @inline(__always)
    mutating func set(_ value: UInt32, at index: Int) {
        let offset = index - readerIndex
        withUnsafeMutableReadableBytes { $0.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self) }
    }

    /// Writes a string and its terminating zero. A zero inside would end the string early for the reader, and is
    /// left out.
    mutating func writeProtocolString(_ text: String) {
        if text.utf8.contains(0) {
            writeBytes(text.utf8.filter { $0 != 0 })
        } else {
            writeString(text)
        }
        writeInteger(0 as UInt8)
    }
}

extension PostgresError {
    static var invalidUTF8: PostgresError {
        PostgresError(
            code: .characterNotInRepertoire, message: "invalid byte sequence for encoding \"UTF8\"",
            hint: "The server speaks UTF-8 only: set client_encoding to UTF8 and send such text.")
    }

    static var zeroInText: PostgresError {
        PostgresError(
            code: .characterNotInRepertoire, message: "invalid byte sequence for encoding \"UTF8\": 0x00",
            hint: "A text cannot hold the character 0: leave it out, or use bytea.")
    }
}
