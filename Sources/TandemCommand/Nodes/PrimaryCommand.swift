import ArgumentParser
import Tandem

/// `tandem primary`: one node that takes writes.
struct PrimaryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "primary", abstract: "Run a primary.",
        discussion: """
            The first start sets a new group up; later ones go on with its data. Replicas join by themselves. Any \
            PostgreSQL client connects: psql -h 127.0.0.1 -p 7432.

            Every option but --config is also an environment variable, TANDEM_ and its name: TANDEM_COMMIT_TIMEOUT for \
            --commit-timeout. Times have a unit: 500ms, 10s, 2min, 1h; a bare number means seconds.
            """)

    @OptionGroup var options: NodeOptions

    func run() async throws {
        let settings = try await options.settings()
        try await NodeRunner.run(
            settings.configuration(role: .primary), logLevel: settings.logLevel(),
            endsWithInput: options.endWithInput)
    }
}
