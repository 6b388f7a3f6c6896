/// A place in the order of an engine's commits: what a replica must have applied for a reader to see what was written.
///
/// Its text can be carried to other programs (a cookie, a header); only data sources of the same engine compare it.
public struct CommitPosition: Sendable, Hashable, Codable {
    /// The engine whose order it is of.
    public var engine: Engine
    /// The engine's own words: an LSN of PostgreSQL, a GTID position of MariaDB, a position of Tandem's log.
    public var text: String

    /// A position in the words of `engine`.
    public init(_ engine: Engine, _ text: String) {
        self.engine = engine
        self.text = text
    }

    /// The position of a commit that nobody can tell, since the answer that had it was lost: only the primary is sure to
    /// show what was committed. No replica has ever reached it.
    public static func unknown(_ engine: Engine) -> CommitPosition { CommitPosition(engine, unknownText) }

    /// Whether it is ``unknown(_:)``.
    public var isUnknown: Bool { text == Self.unknownText }

    private static let unknownText = "unknown"
}

extension CommitPosition: CustomStringConvertible {
    public var description: String { "\(engine):\(text)" }

    /// The inverse of ``description``.
    public init?(_ description: String) {
        guard let colon = description.firstIndex(of: ":") else { return nil }
        self.init(
            Engine(rawValue: String(description[..<colon])), String(description[description.index(after: colon)...]))
    }
}

/// A kind of database.
public struct Engine: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    /// Its name, as `db.system.name` of OpenTelemetry has it where it has one.
    public var rawValue: String

    /// An engine of any name: data sources of others may add theirs.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Tandem: its nodes over the wire or embedded.
    public static let tandem = Engine(rawValue: "tandem")
    /// PostgreSQL.
    public static let postgresql = Engine(rawValue: "postgresql")
    /// MariaDB.
    public static let mariadb = Engine(rawValue: "mariadb")

    public var description: String { rawValue }
}
