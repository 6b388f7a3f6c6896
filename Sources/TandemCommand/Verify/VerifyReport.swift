import PostgresWire
import Tandem

/// What came of comparing nodes.
struct VerifyReport: Sendable {
    /// A table, or the schema, that is not the same on two nodes.
    struct Difference: Sendable {
        var node: HostAndPort
        /// Nil for the schema, to which `user_version` and `application_id` belong.
        var table: String?
        var range = KeyRange()
        /// What is there, and what is on the node that it was compared with.
        var found: String
        var expected: String
    }

    /// What a node cannot read, what SQLite finds wrong in its pages, or what the node knows itself to be wrong.
    struct Damage: Sendable {
        var node: HostAndPort
        var table: String?
        var message: String
    }

    /// A node that was not compared, or not wholly.
    struct Missing: Sendable {
        var node: HostAndPort
        var reason: String
    }

    /// The node that all others were compared with.
    var reference: HostAndPort
    /// Who was compared, the reference first.
    var nodes: [HostAndPort]
    /// The index of the log at which the last rows were compared.
    var index: UInt64 = 0
    var tables = 0
    var rows = 0
    var bytes: UInt64 = 0
    var checksPages: Bool
    var differences: [Difference] = []
    var damages: [Damage] = []
    var missing: [Missing] = []
    /// Nodes that show an older state by choice, so that their pages alone can be checked.
    var delayed: [HostAndPort] = []

    /// Whether what was compared is the same, and whole.
    var isSound: Bool { differences.isEmpty && damages.isEmpty }

    /// Whether an error says that a node cannot read what is in its file, or knows it to be wrong.
    static func isDamage(_ error: PostgresError) -> Bool { error.code == .dataCorrupted || error.code == .ioError }
}
