import Foundation

/// One line of the output: what an operation costs.
struct Figure: Codable {
    /// The operation, as `empty transaction`.
    var what: String
    /// Who does it, as `postgres`; nil for what touches no server.
    var engine: String?
    /// Nanoseconds of one operation, and of processor time of this process: medians of the rounds.
    var wall: Double
    var cpu: Double
    /// Calls of malloc and its like in one operation.
    var allocations: Double
    /// How many of them are not given back after it, and by how many bytes the heap grows. Nothing but noise, or it leaks.
    var kept: Double
    var grownBytes: Double
    /// By how much longer it takes than each of those it was measured in turns with: the median of the rounds' ratios.
    var ratios: [String: Double] = [:]
    /// By how many nanoseconds it takes longer than what it was measured with operation by operation; nil where it was not.
    var more: Double?

    func show() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        FileHandle.standardOutput.write(try encoder.encode(self) + Data("\n".utf8))
    }
}
