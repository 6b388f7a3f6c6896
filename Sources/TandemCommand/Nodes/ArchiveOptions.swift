import ArgumentParser
import Tandem

/// The options of a node that say where its log is archived.
struct ArchiveOptions: ParsableArguments {
    @Option(
        name: .customLong("archive"),
        help: "Archive what is committed of the log in this directory; made where it is missing.",
        completion: .directory)
    var directory: String?

    @Option(
        name: .customLong("archive-command"),
        help:
            "Archive by this shell command: %p is the path of the file, %f its name. It must end with 0 only when the file is safe, also where it has taken it before; it is tried again until then."
    )
    var command: String?

    @Option(
        name: .customLong("archive-mode"),
        help: "Who archives: primary, the node that reigns, or always, replicas as well. (default: primary)")
    var mode: String?

    @Option(
        name: .customLong("archive-timeout"),
        help:
            "A committed record waits so long at most before it is archived; 0 to wait for the end of its segment. (default: 60s)"
    )
    var timeout: String?

    /// What was said on the command line, under the names the file uses.
    var said: [String: String] {
        var said: [String: String] = [:]
        said["archive"] = directory
        said["archiveCommand"] = command
        said["archiveMode"] = mode
        said["archiveTimeout"] = timeout
        return said
    }
}

extension NodeSettings {
    /// Where the log is archived; nil for nowhere.
    func archive() throws -> ArchiveConfiguration? {
        let target: ArchiveConfiguration.Target
        switch (text("archive"), text("archiveCommand")) {
        case (nil, nil):
            for name in ["archiveMode", "archiveTimeout"] where text(name) != nil {
                throw ValidationError("\(SettingName.option(name)) needs --archive or --archive-command as well")
            }
            return nil
        case (let path?, nil): target = .directory(path)
        case (nil, let command?): target = .command(command)
        case (_?, _?): throw ValidationError("say --archive or --archive-command, not both")
        }
        var result = ArchiveConfiguration(target)
        let modes = ArchiveConfiguration.Mode.allCases.map(\.rawValue).joined(separator: " or ")
        try set(&result.mode, "archiveMode", modes, ArchiveConfiguration.Mode.init(rawValue:))
        if let timeout = try value("archiveTimeout", "a time such as 500ms, 10s, 2min or 1h", DurationText.parse) {
            result.timeout = timeout == .zero ? nil : timeout
        }
        return result
    }
}
