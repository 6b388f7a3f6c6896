/// The protocol version asked for in a StartupMessage.
public struct ProtocolVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var major: UInt16
    public var minor: UInt16

    public init(major: UInt16, minor: UInt16) {
        self.major = major
        self.minor = minor
    }

    /// From the number on the wire: major in the upper 16 bits, minor in the lower.
    public init(code: UInt32) {
        self.init(major: UInt16(code >> 16), minor: UInt16(truncatingIfNeeded: code))
    }

    /// The number on the wire.
    public var code: UInt32 { UInt32(major) << 16 | UInt32(minor) }

    /// The newest version this module speaks: 3.0.
    public static let supported = ProtocolVersion(major: 3, minor: 0)

    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.code < rhs.code }

    public var description: String { "\(major).\(minor)" }
}
