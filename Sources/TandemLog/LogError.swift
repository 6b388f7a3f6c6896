/// What went wrong with a log or its records, and what to do about it.
public struct LogError: Error, Sendable {
    /// The kind of error; more may come with later versions, so that a `switch` needs a `default`.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Wrapped: String {  // Not public, so that new cases break nobody's switch.
            case malformed, damaged, recordTooLarge, failed, wrongGroup, unsupportedVersion, locked, notFollowing
            case missing, inputOutput, diskFull, closed
        }
        private var wrapped: Wrapped
        private init(_ wrapped: Wrapped) { self.wrapped = wrapped }

        /// Bytes that no Tandem wrote: a peer or a file does not keep to the format.
        public static let malformed = Code(.malformed)
        /// Bytes that were once durable in a log are not what was written.
        public static let damaged = Code(.damaged)
        /// A record exceeds the limit on its size; its transaction alone fails.
        public static let recordTooLarge = Code(.recordTooLarge)
        /// An earlier write or flush failed; the log must be closed, opened again and recovered.
        public static let failed = Code(.failed)
        /// The log belongs to another group.
        public static let wrongGroup = Code(.wrongGroup)
        /// The log was written by a later version.
        public static let unsupportedVersion = Code(.unsupportedVersion)
        /// Another process, or another part of this one, has the log open.
        public static let locked = Code(.locked)
        /// Records that do not continue the log they were offered to.
        public static let notFollowing = Code(.notFollowing)
        /// The index asked for is not in the log: pruned, or not yet there.
        public static let missing = Code(.missing)
        /// The operating system refused a file operation.
        public static let inputOutput = Code(.inputOutput)
        /// No space is left on the disk.
        public static let diskFull = Code(.diskFull)
        /// The log was closed.
        public static let closed = Code(.closed)

        public var description: String { wrapped.rawValue }
    }

    public var code: Code
    /// One or two sentences: what went wrong, and what to do about it.
    public var message: String
    /// The file concerned.
    public var file: String?
    /// The byte offset in ``file``, or in the bytes that were decoded.
    public var offset: UInt64?
    /// The error number (`errno`) of the operating system.
    public var errorNumber: Int32?

    public init(
        _ code: Code, _ message: String, file: String? = nil, offset: UInt64? = nil, errorNumber: Int32? = nil
    ) {
        self.code = code
        self.message = message
        self.file = file
        self.offset = offset
        self.errorNumber = errorNumber
    }
}

extension LogError: CustomStringConvertible {
    public var description: String {
        var place = ""
        if let file {
            place = " [\(file)" + (offset.map { ", offset \($0)" } ?? "") + "]"
        } else if let offset {
            place = " [offset \(offset)]"
        }
        return message + place
    }
}
