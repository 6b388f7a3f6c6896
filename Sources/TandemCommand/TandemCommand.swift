import ArgumentParser

@main
struct TandemCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tandem",
        abstract: "A replicated SQLite that any PostgreSQL client can talk to.",
        discussion: """
            Every option of 'primary' and 'replica' can also be set in a YAML file named by --config and in the \
            environment: --on-missing-replicas is onMissingReplicas in the file and TANDEM_ON_MISSING_REPLICAS in the \
            environment. The command line wins over the environment, the environment over the file.

            Times have a unit: 500ms, 10s, 2min, 1h; a bare number means seconds.
            """,
        version: "tandem 0.1.0",
        subcommands: [
            PrimaryCommand.self, ReplicaCommand.self, UpCommand.self, StatusCommand.self, UserCommand.self,
            LogCommand.self, PromoteCommand.self, SwitchOverCommand.self, MemberCommand.self,
            MaintenanceCommand.self, BackupCommand.self, RestoreCommand.self, ArchiveCommand.self, ImportCommand.self,
            ExportCommand.self,
        ])
}
