/// How far a snapshot's transfer is, and when it will be done, for status and log.
public struct SnapshotProgress: Hashable, Sendable {
    /// The other side.
    public var peer: String
    public var done: UInt64
    /// 0 as long as it is not known.
    public var total: UInt64
    /// Whether the source still makes its copy: `done` and `total` are pages of that.
    public var isPreparing = false
    private var began: Moment
    private var doneAtBeginning: UInt64
    private var latest: Moment

    public init(peer: String, done: UInt64 = 0, total: UInt64 = 0, now: Moment) {
        self.peer = peer
        self.done = done
        self.total = total
        began = now
        latest = now
        doneAtBeginning = done
    }

    /// Another connection, or another part of the work, begins.
    public mutating func begin(at done: UInt64, of total: UInt64, isPreparing: Bool = false, now: Moment) {
        self.done = done
        self.total = total
        self.isPreparing = isPreparing
        began = now
        latest = now
        doneAtBeginning = done
    }

    public mutating func advance(to done: UInt64, now: Moment) {
        self.done = done
        latest = now
    }

    public var percent: Int { total == 0 ? 0 : Int(min(total, done) * 100 / total) }

    /// Since the connection began; nil before there is anything to tell.
    public var bytesPerSecond: Double? {
        let seconds = (latest - began) / .seconds(1)
        guard !isPreparing, seconds > 0, done > doneAtBeginning else { return nil }
        return Double(done - doneAtBeginning) / seconds
    }

    public var secondsLeft: Double? {
        bytesPerSecond.map { Double(total - min(total, done)) / $0 }
    }
}

extension SnapshotProgress: CustomStringConvertible {
    /// `45 % of 1.2 GB, 80.0 MB/s, 8 s left`.
    public var description: String {
        if isPreparing, total == 0 { return "waiting for an older copy to be sent to another node" }
        if isPreparing { return "the copy is being made, \(percent) %" }
        guard total > 0 else { return "not begun yet" }
        var text = "\(percent) % of \(ByteCount.words(total))"
        if let bytesPerSecond, let secondsLeft {
            text += ", \(ByteCount.words(UInt64(bytesPerSecond)))/s, \(Int(secondsLeft.rounded(.up))) s left"
        }
        return text
    }
}

/// Numbers of bytes as people read them.
public enum ByteCount {
    /// `812 B`, `4.1 MB`, `1.2 GB`: powers of ten, like disks and networks.
    public static func words(_ count: UInt64) -> String {
        let units = ["kB", "MB", "GB", "TB"]
        guard count >= 1000 else { return "\(count) B" }
        var value = Double(count) / 1000
        var unit = 0
        while value >= 999.95, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
