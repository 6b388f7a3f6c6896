import ArgumentParser
import Foundation
import NIOConcurrencyHelpers
import UnixSignals

/// A primary and a replica of some engine for as long as a command runs, or until Ctrl-C.
@main
struct TestPair: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "TestPair", abstract: "Run a command over a primary and a replica that are started for it.",
        discussion: """
            The servers listen on free ports of loopback and keep their data in a temporary folder, which goes away \
            with them. The command finds their URLs in PRIMARY_URL and REPLICA_URLS.
            """)

    @Argument(help: "The engine.")
    var engine: PairEngine

    @Argument(parsing: .postTerminator, help: "The command; without one the pair runs until Ctrl-C.")
    var command: [String] = []

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let running = NIOLockedValueBox<CommandProcess?>(nil)
        let stopping = Task {
            for await signal in signals {
                // Before the command runs there is only this process to end; the servers end with it.
                guard let process = running.withLockedValue({ $0 }) else { Foundation.exit(128 + signal.number) }
                process.stop()
            }
        }
        defer { stopping.cancel() }
        say("starting a \(engine) pair …")
        let pair = try await engine.start()
        say("primary  \(pair.primary)\nreplica  \(pair.replica)")
        guard !command.isEmpty else { return await stopping.value }
        let process = CommandProcess(
            command, environment: ["PRIMARY_URL": pair.primary, "REPLICA_URLS": pair.replica])
        running.withLockedValue { $0 = process }
        let status = try await process.run()
        await pair.stop()
        if status != 0 { throw ExitCode(status) }
    }

    /// Not `print`, which would come after what the command writes where the output is no terminal.
    private func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}

extension UnixSignal {
    fileprivate var number: Int32 { self == .sigint ? SIGINT : SIGTERM }
}
