import Foundation
import Logging
import Tandem

/// A program that embeds a primary and writes to it from many tasks at once.
///
/// `EmbeddedBenchmark DATA PORT` starts the primary and prints `ready` once it takes writes, which is when a replica has
/// joined. Then each line of standard input asks for one measurement, `insert|update TASKS SECONDS ROWS`, and is
/// answered by one line: transactions, seconds, and the percentiles 50, 95 and 99 of a transaction's time in
/// milliseconds. The end of the input stops the node.
@main
struct EmbeddedBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let port = Int(arguments[2]) else {
            fail("use: EmbeddedBenchmark DATA PORT")
        }
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var configuration = NodeConfiguration(dataDirectory: arguments[1], role: .primary)
        configuration.listen = HostAndPort(host: "127.0.0.1", port: port)
        let node = try await Node.start(configuration)
        while node.status?.servesWrites != true { try await Task.sleep(for: .milliseconds(20)) }
        answer("ready")
        while let line = readLine() {
            guard let request = Request(line) else { fail("not understood: \(line)") }
            answer(try await Measurement(request, node: node).run().line)
        }
        await node.stop()
    }

    private static func answer(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    private static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(2)
    }
}
