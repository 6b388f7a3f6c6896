/// Bob Jenkins' hash of 2006 (lookup3), as PostgreSQL's `hashtext` and `hashtextextended` have it: programs make the
/// numbers of advisory locks of names by it.
struct TextHash {
    private var a: UInt32
    private var b: UInt32
    private var c: UInt32

    /// Of the first function: 32 bits.
    var short: Int32 { Int32(bitPattern: c) }
    /// Of the second: 64 bits.
    var long: Int64 { Int64(bitPattern: UInt64(b) << 32 | UInt64(c)) }

    init(_ bytes: [UInt8], seed: Int64 = 0) {
        a = 0x9E37_79B9 &+ UInt32(truncatingIfNeeded: bytes.count) &+ 3_923_095
        b = a
        c = a
        if seed != 0 {
            let bits = UInt64(bitPattern: seed)
            a &+= UInt32(truncatingIfNeeded: bits >> 32)
            b &+= UInt32(truncatingIfNeeded: bits)
            mix()
        }
        var place = 0
        while bytes.count - place >= 12 {
            add(bytes[place..<place + 12], lastShift: 0)
            mix()
            place += 12
        }
        // The lowest byte of the third word was kept for the length once.
        add(bytes[place...], lastShift: 8)
        finish()
    }

    /// Adds up to 12 bytes, the lowest of each word first.
    private mutating func add(_ bytes: ArraySlice<UInt8>, lastShift: UInt32) {
        for (number, byte) in bytes.enumerated() {
            let value = UInt32(byte) << UInt32(8 * (number % 4))
            switch number / 4 {
            case 0: a &+= value
            case 1: b &+= value
            default: c &+= value << lastShift
            }
        }
    }

    private static func rotated(_ value: UInt32, by bits: UInt32) -> UInt32 { value << bits | value >> (32 - bits) }

    private mutating func mix() {
        for (first, second, third) in [(4, 6, 8), (16, 19, 4)] as [(UInt32, UInt32, UInt32)] {
            a &-= c
            a ^= Self.rotated(c, by: first)
            c &+= b
            b &-= a
            b ^= Self.rotated(a, by: second)
            a &+= c
            c &-= b
            c ^= Self.rotated(b, by: third)
            b &+= a
        }
    }

    private mutating func finish() {
        c = (c ^ b) &- Self.rotated(b, by: 14)
        a = (a ^ c) &- Self.rotated(c, by: 11)
        b = (b ^ a) &- Self.rotated(a, by: 25)
        c = (c ^ b) &- Self.rotated(b, by: 16)
        a = (a ^ c) &- Self.rotated(c, by: 4)
        b = (b ^ a) &- Self.rotated(a, by: 14)
        c = (c ^ b) &- Self.rotated(b, by: 24)
    }
}
