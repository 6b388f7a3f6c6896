import ArgumentParser
import Configuration
import Logging
import Tandem
import TandemLog

/// Settings of a node as text, whoever said them, turned into a ``NodeConfiguration`` with clear refusals.
struct NodeSettings {
    /// Where settings may have been said; the first that says one wins.
    let sources: [SettingSource]

    func text(_ key: String) -> String? { said(key)?.text }

    /// The setting, and what it is called where it was said.
    private func said(_ key: String) -> (text: String, name: String)? {
        for source in sources {
            if let text = source.reader.string(forKey: ConfigKey([key])), !text.isEmpty {
                return (text, source.call(key))
            }
        }
        return nil
    }

    /// Whom a replica follows, and as what.
    func replicaRole() throws -> NodeConfiguration.Role {
        let primary = try value("primary", Self.address, HostAndPort.init)
        let upstream = try value("upstream", Self.address, HostAndPort.init)
        switch (primary, upstream) {
        case (let primary?, nil): return .replica(of: primary)
        case (nil, let upstream?):
            try refuseWhatIsForMembers()
            return .cascade(of: upstream)
        case (_?, _?):
            let names = ["primary", "upstream"].compactMap { said($0)?.name }
            throw ValidationError(
                "\(names.joined(separator: " and ")) exclude each other: a member of the group follows its primary, a cascade its upstream, and is no member"
            )
        case (nil, nil):
            throw ValidationError(
                "which primary is to be followed? Say --primary HOST:PORT (or TANDEM_PRIMARY, or primary: in the file); for a cascade, --upstream HOST:PORT."
            )
        }
    }

    /// Nobody waits for a cascade, and it never reigns: who says how its commits are acknowledged means another node.
    private func refuseWhatIsForMembers() throws {
        guard let upstream = said("upstream"),
            let other = ["acknowledgements", "onMissingReplicas"].compactMap({ said($0) }).first
        else { return }
        throw ValidationError(
            "\(other.name) has no meaning beside \(upstream.name): a cascade is no member of the group, and no commit is made there or waits for it; leave one of them away"
        )
    }

    // What is expected, for those who have said something else.
    private static let address = "HOST:PORT, such as 127.0.0.1:7432"
    private static let duration = "a time such as 500ms, 10s, 2min or 1h, below 31 years"
    private static let time = "a time above zero, such as 500ms, 10s, 2min or 1h"
    private static let size = "a number of bytes, such as 64MiB, 4GiB or 1.5GB"

    func configuration(role: NodeConfiguration.Role) throws -> NodeConfiguration {
        guard let data = text("data") else {
            throw ValidationError("where is the data to lie? Say --data DIR (or TANDEM_DATA, or data: in the file).")
        }
        var configuration = NodeConfiguration(dataDirectory: data, role: role)
        try set(&configuration.listen, "listen", Self.address, HostAndPort.init)
        configuration.advertise = try value("advertise", Self.address, HostAndPort.init)
        try setAccess(&configuration)
        configuration.acknowledgements = try value(
            "acknowledgements", "a number from 0 to 64, majority or all", Self.rule)
        try set(
            &configuration.missingReplicas, "onMissingReplicas", "wait or degrade:TIME, such as degrade:10s",
            Self.missingReplicas)
        try setTimes(&configuration)
        try setBounds(&configuration)
        try setLog(&configuration)
        try set(&configuration.keepsContentSums, "checksums", "on or off", Self.boolean)
        try set(&configuration.onDrift, "onDrift", "stop or report", NodeConfiguration.DriftPolicy.init(rawValue:))
        configuration.snapshotRate = try value(
            "snapshotRate", "bytes a second, at least 64kB, such as 20MB", Self.rate)
        configuration.failover = try failover()
        configuration.applyDelay = try value("delay", Self.duration, DurationText.parse)
            .flatMap { $0 > .zero ? $0 : nil }
        configuration.snapshotSource = try value("snapshotFrom", Self.address, HostAndPort.init)
        return configuration
    }

    private func setTimes(_ configuration: inout NodeConfiguration) throws {
        try set(
            &configuration.idleInTransactionTimeout, "idleInTransactionTimeout", Self.time, DurationText.positive)
        try set(&configuration.lockTimeout, "lockTimeout", Self.time, DurationText.positive)
        configuration.commitTimeout = try bound("commitTimeout", Self.duration)
        configuration.statementTimeout = try bound("statementTimeout", Self.duration)
        configuration.idleSessionTimeout = try bound("idleSessionTimeout", Self.duration)
        try set(&configuration.slowReaderTimeout, "slowReaderTimeout", Self.time, DurationText.positive)
        try set(&configuration.replicationTimeout, "replicationTimeout", "a time of 100ms or more, such as 5s") {
            DurationText.parse($0).flatMap { $0 < .milliseconds(100) ? nil : $0 }
        }
    }

    private func setBounds(_ configuration: inout NodeConfiguration) throws {
        try set(
            &configuration.maximumConnections, "maximumConnections", "a number from 1 to 100000",
            Self.number(1...100_000))
        try set(&configuration.maximumReaders, "maximumReaders", "a number from 1 to 1000", Self.number(1...1_000))
        try set(&configuration.eventLoops, "eventLoops", "a number from 1 to 256", Self.number(1...256))
        try set(&configuration.busyPoll, "busyPoll", "a time from 0 to 1ms, such as 50us") {
            DurationText.parse($0).flatMap { $0 > .milliseconds(1) ? nil : $0 }
        }
        for (setting, name) in [
            (\NodeConfiguration.maximumHeldAnswers, "maximumHeldAnswers"),
            (\.maximumAnswerFiles, "maximumAnswerFiles"),
        ] {
            try set(&configuration[keyPath: setting], name, Self.size + ", of 1MiB or more") {
                ByteCountText.parse($0).flatMap { $0 < 1 << 20 ? nil : Int(exactly: $0) }
            }
        }
    }

    private func setLog(_ configuration: inout NodeConfiguration) throws {
        try set(&configuration.segmentSize, "segmentSize", "bytes from 65536 to 2^32", Self.number(65_536...(1 << 32)))
        configuration.logKeepSize = try value("logKeepSize", Self.size, ByteCountText.parse)
        configuration.logKeepAge = try value("logKeepAge", Self.duration, DurationText.parse)
        configuration.logLimit = try value("logLimit", Self.size, ByteCountText.parse)
        configuration.archive = try archive()
    }

    /// A slower transfer would look like a broken one.
    private static func rate(_ text: String) -> UInt64? {
        ByteCountText.parse(text).flatMap { $0 >= 64_000 ? $0 : nil }
    }

    func logLevel() throws -> Logger.Level {
        try value(
            "logLevel", Logger.Level.allCases.map(\.rawValue).joined(separator: ", "), Logger.Level.init(rawValue:))
            ?? .info
    }

    func value<Value>(_ key: String, _ expected: String, _ parse: (String) -> Value?) throws -> Value? {
        guard let said = said(key) else { return nil }
        guard let value = parse(said.text) else {
            throw ValidationError("\(said.name): '\(said.text)' is not \(expected)")
        }
        return value
    }

    /// A time that may be without end: as in SQL, zero stands for that.
    private func bound(_ key: String, _ expected: String) throws -> Duration? {
        try value(key, expected, DurationText.parse).flatMap { $0 == .zero ? nil : $0 }
    }

    func set<Value>(_ target: inout Value, _ key: String, _ expected: String, _ parse: (String) -> Value?)
        throws
    {
        if let value = try value(key, expected, parse) { target = value }
    }

    static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    static func number(_ range: ClosedRange<Int>) -> (String) -> Int? {
        { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
    }

    private static func rule(_ text: String) -> AcknowledgementRule? {
        switch text {
        case "majority": .majority
        case "all": .all
        default: Int(text).flatMap { (0...64).contains($0) ? .count($0) : nil }
        }
    }

    private static func missingReplicas(_ text: String) -> NodeConfiguration.MissingReplicas? {
        if text == "wait" { return .wait }
        guard text.hasPrefix("degrade:") else { return nil }
        return DurationText.parse(String(text.dropFirst("degrade:".count))).map { .degrade(after: $0) }
    }
}
