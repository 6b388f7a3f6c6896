/// What a user may do.
public struct UserRoles: OptionSet, Hashable, Sendable {
    /// The bits of the roles, as the users' table keeps them.
    public let rawValue: Int

    /// Roles from their bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// To see rows.
    public static let read = UserRoles(rawValue: 1)
    /// To change rows and tables; whoever may write may read.
    public static let write = UserRoles(rawValue: 2)
    /// To change users, and to order a change of the primary; whoever may do that may do everything.
    public static let administrate = UserRoles(rawValue: 4)
    /// To follow as a replica, and to answer for a new epoch: what nodes do among themselves.
    public static let replicate = UserRoles(rawValue: 8)

    /// Every role.
    public static let all: UserRoles = [.read, .write, .administrate, .replicate]
    /// Of a user about whom nothing else was said.
    public static let ordinary: UserRoles = [.read, .write]

    static let names: [(name: String, role: UserRoles)] = [
        ("read", .read), ("write", .write), ("administrate", .administrate), ("replicate", .replicate),
    ]

    /// The role of that name, with what it brings along; nil if there is none.
    public init?(named name: String) {
        guard let role = Self.names.first(where: { $0.name == name.lowercased() })?.role else { return nil }
        self = role.complete
    }

    /// With what each role brings along.
    var complete: UserRoles {
        if contains(.administrate) { return .all }
        return contains(.write) ? union(.read) : self
    }

    /// `read, write`, for people.
    public var words: String {
        let words = Self.names.filter { contains($0.role) }.map(\.name)
        return words.isEmpty ? "none" : words.joined(separator: ", ")
    }
}
