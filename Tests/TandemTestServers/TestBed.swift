import Foundation

/// Where the tests of a data source find their servers.
public protocol TestBed {}

extension TestBed {
    /// A bound for what does not depend on time.
    public static var soon: ContinuousClock.Instant { .now + .seconds(60) }

    /// The name of a table that no other test uses.
    public static func table() -> String { "t_" + UUID().uuidString.prefix(8).lowercased() }
}

/// Waits until `condition` holds.
public func eventually(_ condition: () async throws -> Bool) async throws {
    try await waitUntil("the condition", condition)
}
