import Foundation

/// Why a node has ended, told from what it leaves behind.
struct NodeEnding {
    /// What it wrote.
    let log: String
    /// The signal that ended it; nil if none did.
    let killedBy: Int32?
    let exitCode: Int32

    /// The reason it gave itself; else how its process ended. What it wrote last need not be about its end.
    var words: String {
        if let killedBy {
            return "killed by signal \(killedBy), \(String(cString: strsignal(killedBy)))"
        }
        let reasons = ["tandem: ", "Error: "]
        for line in log.split(separator: "\n").reversed() {
            for reason in reasons where line.hasPrefix(reason) { return String(line.dropFirst(reason.count)) }
        }
        return exitCode == 0 ? "it was stopped" : "exit code \(exitCode)"
    }
}
