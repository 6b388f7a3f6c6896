import Foundation
import TandemTransactions

/// Measures what the transaction layer costs.
///
/// `LayerBenchmark FOLDER [ENGINE=URL…]` prints one JSON object a line: the layer's own operations, then SELECT 1 through
/// the whole stack beside the raw driver: of a node in this process, whose data go to FOLDER, and of each server that is
/// named, as `postgres=postgresql://…`, `tandem=tandem://…`, `mariadb=mariadb://…`. `SECONDS` is how long a figure's
/// rounds take together, 2 by default; `ONLY` measures the operations alone that have these words in their name.
@main
struct LayerBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let folder = arguments.first else { fail("use: LayerBenchmark FOLDER [ENGINE=URL…]") }
        let environment = ProcessInfo.processInfo.environment
        let seconds = environment["SECONDS"].flatMap(Double.init) ?? 2
        let meter = Meter(time: .seconds(seconds), only: environment["ONLY"])
        try await LayerOperations(meter).run()
        try await SelectBenchmark.embedded(in: folder, meter)
        for argument in arguments.dropFirst() {
            let words = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard words.count == 2 else { fail("not understood: \(argument)") }
            try await SelectBenchmark.overTheWire(words[0], words[1], meter)
        }
    }

    private static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(2)
    }
}
