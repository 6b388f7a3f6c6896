import TandemLog

/// A record of the simulated log. Its checksum covers the one before it, as in the real log.
struct SimulatedRecord {
    enum Content {
        /// A transaction, and the digest of the state it was executed on.
        case transaction(Int, base: UInt64)
        case epoch(EpochRecord)
        case members(MemberRecord)
    }

    let epoch: Epoch
    let content: Content
    let previous: UInt64
    let checksum: UInt64

    init(epoch: Epoch, content: Content, after previous: UInt64) {
        self.epoch = epoch
        self.content = content
        self.previous = previous
        let number: UInt64
        switch content {
        case .transaction(let identity, _): number = UInt64(identity) &+ 3
        case .epoch(let record): number = record.promises.reduce(1) { mix($0, $1.node.id.low) }
        case .members: number = 2
        }
        var mixed = mix(previous, UInt64(epoch.counter))
        mixed = mix(mixed, epoch.node.id.low)
        checksum = mix(mixed, number)
    }

    /// The database's digest after this record.
    func digest(after digest: UInt64) -> UInt64 {
        switch content {
        case .transaction(let identity, _): mix(digest, UInt64(identity))
        case .epoch, .members: digest
        }
    }

    var members: MemberRecord? {
        switch content {
        case .transaction: nil
        case .epoch(let record): record.members
        case .members(let record): record
        }
    }
}

func mix(_ first: UInt64, _ second: UInt64) -> UInt64 {
    var mixed = (first ^ (second &* 0x9E37_79B9_7F4A_7C15)) &* 0xFF51_AFD7_ED55_8CCD
    mixed ^= mixed >> 32
    return mixed
}
