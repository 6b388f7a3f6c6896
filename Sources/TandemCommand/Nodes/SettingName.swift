/// The settings of `tandem primary` and `tandem replica`, by their names in the configuration file.
enum SettingName {
    static let all = [
        "acknowledgements", "advertise", "archive", "archiveCommand", "archiveMode", "archiveTimeout", "busyPoll",
        "checksums", "commitTimeout", "data", "delay", "eventLoops", "failover", "failoverCa", "failoverCertificate",
        "failoverKey",
        "failoverLease", "idleInTransactionTimeout", "idleSessionTimeout", "insecure", "listen", "lockTimeout",
        "loginTimeout", "logKeepAge", "logKeepSize", "logLevel", "logLimit", "maximumAnswerFiles",
        "maximumConnections", "maximumHeldAnswers", "maximumMessageSize", "maximumReaders", "maximumStartups",
        "onDrift", "onMissingReplicas", "primary",
        "replicationPasswordFile", "replicationTimeout", "replicationTls", "replicationTlsCa", "replicationUser",
        "segmentSize", "slowReaderTimeout", "snapshotFrom", "snapshotRate", "statementTimeout", "tlsCertificate",
        "tlsClientCa", "tlsKey", "tlsMinimumVersion", "upstream",
    ]

    /// Options of nodes that nothing but the command line says: the file's name, and what is done once.
    static let onCommandLineAlone = ["config", "resync"]

    static let environmentPrefix = "TANDEM_"

    /// `onMissingReplicas` on the command line: `--on-missing-replicas`.
    static func option(_ name: String) -> String { "--" + words(name).joined(separator: "-") }

    /// In the environment: `TANDEM_ON_MISSING_REPLICAS`.
    static func variable(_ name: String) -> String {
        environmentPrefix + words(name).joined(separator: "_").uppercased()
    }

    /// The name among `known` that is most like `name`; nil if none is like it.
    static func nearest(to name: String, among known: [String]) -> String? {
        let text = letters(name)
        let candidates = known.map { (name: $0, distance: distance(text, letters($0))) }
        guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, text.count / 4) ? best.name : nil
    }

    private static func words(_ name: String) -> [String] {
        var result = [""]
        for character in name {
            if character.isUppercase { result.append("") }
            result[result.count - 1] += character.lowercased()
        }
        return result
    }

    /// What is compared: neither case nor `-` and `_` make a difference to people.
    private static func letters(_ name: String) -> [Character] {
        name.lowercased().filter { $0 != "-" && $0 != "_" }.map { $0 }
    }

    /// Levenshtein's distance.
    private static func distance(_ one: [Character], _ other: [Character]) -> Int {
        var row = Array(0...other.count)
        for (line, character) in one.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in other.indices {
                let replaced = diagonal + (other[column] == character ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}
