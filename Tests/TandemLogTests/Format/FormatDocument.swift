import Foundation

/// docs/LOG-FORMAT.md, and the bytes in it.
struct FormatDocument {
    private let text: String

    init() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()  // Format
            .deletingLastPathComponent()  // TandemLogTests
            .deletingLastPathComponent()  // Tests
            .deletingLastPathComponent().appending(path: "docs/LOG-FORMAT.md")
        text = try String(contentsOf: path, encoding: .utf8)
    }

    /// The bytes of the block that begins with "```hex name". In a line, everything behind two spaces is an
    /// explanation, and `00 * 12` stands for twelve zeros.
    func bytes(_ name: String) -> [UInt8] { lines(name).flatMap(bytes(of:)) }

    /// The same, line by line, with the explanations.
    func explainedLines(_ name: String) -> [(bytes: [UInt8], explanation: String)] {
        lines(name).map { line in
            let explanation = line.firstRange(of: "  ").map { String(line[$0.upperBound...]) } ?? ""
            return (bytes(of: line), explanation.trimmingCharacters(in: .whitespaces))
        }
    }

    private func lines(_ name: String) -> [Substring] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(of: "```hex \(name)"),
            let end = lines[(start + 1)...].firstIndex(of: "```")
        else { return [] }
        return Array(lines[(start + 1)..<end])
    }

    private func bytes(of line: Substring) -> [UInt8] {
        let end = line.firstRange(of: "  ")?.lowerBound ?? line.endIndex
        let words = line[..<end].split(separator: " ")
        if words.count == 3, words[1] == "*", let byte = UInt8(words[0], radix: 16), let count = Int(words[2]) {
            return [UInt8](repeating: byte, count: count)
        }
        return words.compactMap { UInt8($0, radix: 16) }
    }
}
