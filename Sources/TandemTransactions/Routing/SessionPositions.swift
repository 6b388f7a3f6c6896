import Foundation

/// Up to where one user has written in each of a program's databases: what is carried from one request to the next.
///
/// Its text, `name=engine:position` with spaces between several, can be carried to other programs.
public struct SessionPositions: Sendable, Hashable {
    /// By the databases' names (``Database/Configuration/name``). More than one of a database where requests wrote at the
    /// same time: which of them includes the others only its data source can tell.
    private(set) var candidates: [String: [CommitPosition]] = [:]

    /// No position is read out of a longer list, which nobody has any use for.
    private static let maximumCount = 64

    /// Nothing has been written.
    public init() {}

    /// Whether nothing has been written.
    public var isEmpty: Bool { candidates.isEmpty }

    /// What is known of a database; empty where nothing has been written there.
    func positions(in database: String) -> [CommitPosition] { candidates[database] ?? [] }

    /// Notes the position that includes all others of a database; nil for none.
    mutating func set(_ position: CommitPosition?, in database: String) {
        candidates[database] = position.map { [$0] }
    }

    /// Adds what another request of the same user has left.
    public mutating func formUnion(_ other: SessionPositions) {
        for (database, positions) in other.candidates {
            let known = self.positions(in: database)
            candidates[database] = known + positions.filter { !known.contains($0) }
        }
    }
}

extension SessionPositions: LosslessStringConvertible {
    private static let allowed = CharacterSet.urlQueryAllowed.subtracting(CharacterSet(charactersIn: "="))

    public var description: String {
        let entries = candidates.sorted { $0.key < $1.key }.flatMap { database, positions in
            positions.map { "\(Self.encoded(database))=\(Self.encoded($0.description))" }
        }
        return entries.joined(separator: " ")
    }

    /// The inverse of ``description``.
    public init?(_ description: String) {
        let entries = description.split(separator: " ")
        guard entries.count <= Self.maximumCount else { return nil }
        for entry in entries {
            let parts = entry.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, let database = String(parts[0]).removingPercentEncoding,
                let position = String(parts[1]).removingPercentEncoding.flatMap(CommitPosition.init)
            else { return nil }
            candidates[database, default: []].append(position)
        }
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    }
}
