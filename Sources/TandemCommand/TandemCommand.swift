import ArgumentParser

@main
struct TandemCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tandem",
        abstract: "A replicated SQLite that any PostgreSQL client can talk to.",
        discussion: """
            Every option of 'primary' and 'replica' can also be set in a YAML file named by --config and in the \
            environment: --on-missing-replicas is onMissingReplicas in the file and TANDEM_ON_MISSING_REPLICAS in the \
            environment. The command line wins over the environment, the environment over the file. --config itself and \
            --resync are said on the command line alone.

            Times have a unit: 500ms, 10s, 2min, 1h; a bare number means seconds.
            """,
        version: "tandem 0.1.0",
        subcommands: [
            PrimaryCommand.self, ReplicaCommand.self, UpCommand.self, StatusCommand.self, UserCommand.self,
            LogCommand.self, PromoteCommand.self, SwitchOverCommand.self, MemberCommand.self,
            MaintenanceCommand.self, VerifyCommand.self, BackupCommand.self, RestoreCommand.self, ArchiveCommand.self,
            ImportCommand.self,
            ExportCommand.self,
        ])

    /// What `AsyncParsableCommand` does by itself, but that a value which a command finds wrong when it runs is told with
    /// the usage of that command.
    static func main() async {
        do {
            var command = try parseAsRoot()
            do {
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            } catch let error as ValidationError {
                misused(type(of: command), error)
            }
        } catch {
            exit(withError: error)
        }
    }

    private static func misused(_ command: any ParsableCommand.Type, _ error: ValidationError) -> Never {
        let names = path(to: command, from: self) ?? [_commandName]
        NodeRunner.write(
            "Error: \(error.message)\nUsage: \(usageString(for: command))\n"
                + "  See '\(names.joined(separator: " ")) --help' for more information.\n"
        )
        exit(withError: ExitCode.validationFailure)
    }

    /// The words by which a command is called.
    private static func path(
        to command: any ParsableCommand.Type, from parent: any ParsableCommand.Type
    ) -> [String]? {
        if parent == command { return [parent._commandName] }
        for child in parent.configuration.subcommands {
            if let rest = path(to: command, from: child) { return [parent._commandName] + rest }
        }
        return nil
    }
}
