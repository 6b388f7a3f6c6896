/// Where, and when, a node archives its log.
public struct ArchiveConfiguration: Sendable, Hashable {
    /// Where the files go.
    public enum Target: Sendable, Hashable {
        /// Into this directory, which is made where it is missing. Several nodes of a group may name the same one.
        case directory(String)
        /// To whatever this shell command does with each file: `%p` is where it lies, `%f` its name, `%%` a percent sign.
        /// It must end with 0 only when the file is safe, and may be given it again: files of one name have the same bytes.
        case command(String)
    }

    /// Which nodes archive.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Only who reigns.
        case primary
        /// Replicas, too, each what it has itself.
        case always
    }

    /// Where the files go.
    public var target: Target
    /// Default ``Mode/primary``.
    public var mode = Mode.primary
    /// A committed record waits for so long at most before it is archived, although its segment is not finished: that much
    /// is lost with all nodes. Nil to wait for the segment's end. Default 60 s.
    public var timeout: Duration? = .seconds(60)

    /// Archives there, by the primary alone, with the default of ``timeout``.
    public init(_ target: Target) { self.target = target }
}
