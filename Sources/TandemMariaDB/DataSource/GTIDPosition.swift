import TandemTransactions

/// A position in MariaDB's replication: for each domain the last transaction, `0-1-270,3-7-12`.
///
/// A GTID is a domain, the server that wrote it, and a sequence number that grows within the domain.
struct GTIDPosition: Sendable, Hashable {
    struct Last: Sendable, Hashable {
        var server: UInt32
        var sequence: UInt64
    }

    private(set) var domains: [UInt32: Last] = [:]

    /// Nil for any other text; the empty position for the empty one.
    init?(_ text: String) {
        guard !text.isEmpty else { return }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let numbers = part.split(separator: "-", omittingEmptySubsequences: false)
            guard numbers.count == 3, let domain = UInt32(numbers[0]), let server = UInt32(numbers[1]),
                let sequence = UInt64(numbers[2])
            else { return nil }
            if let known = domains[domain], known.sequence >= sequence { continue }
            domains[domain] = Last(server: server, sequence: sequence)
        }
    }

    init?(_ position: CommitPosition) {
        guard position.engine == .mariadb else { return nil }
        self.init(position.text)
    }

    /// Whether a server that stands here shows everything up to `wanted`.
    ///
    /// By domain and sequence number: the server's number tells who wrote it, not when.
    func reaches(_ wanted: GTIDPosition) -> Bool {
        wanted.domains.allSatisfy { domain, last in (domains[domain]?.sequence ?? 0) >= last.sequence }
    }

    /// All that one of the two shows.
    func merged(with other: GTIDPosition) -> GTIDPosition {
        var merged = self
        merged.domains.merge(other.domains) { $0.sequence >= $1.sequence ? $0 : $1 }
        return merged
    }

    var text: String {
        domains.sorted { $0.key < $1.key }.map { "\($0.key)-\($0.value.server)-\($0.value.sequence)" }
            .joined(separator: ",")
    }
}
