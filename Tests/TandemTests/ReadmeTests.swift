import Foundation
import Testing

@Suite struct ReadmeTests {
    private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    @Test func theReadmesSnippetIsTheOneThatIsCompiled() throws {
        let snippet = try String(contentsOf: Self.here.appendingPathComponent("ReadmeSnippet.swift"), encoding: .utf8)
        let root = Self.here.deletingLastPathComponent().deletingLastPathComponent()
        let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        #expect(readme.contains("```swift\n\(snippet)```"))
    }
}
