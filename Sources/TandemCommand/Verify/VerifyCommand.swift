import ArgumentParser
import Foundation
import PostgresWire
import Tandem

/// `tandem verify`: whether the nodes of a group have the same, row by row, and whether their files are whole.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Compare the nodes of a group from their rows, while they run.",
        discussion: """
            All nodes are compared with the primary, each range of keys at one record of the log, and SQLite checks each \
            one's pages. Names the first keys of each table that differ. A replica that differs or is damaged is made \
            anew by 'tandem replica --resync'. The exit code is 0 if all is the same, 1 if something differs or is \
            damaged, 2 if that could not be found out for all nodes.
            """)

    @Option(
        help: ArgumentHelp(
            "A node of the group, which names the others, or all that are to be compared, with commas between them: postgresql://HOST:PORT or HOST:PORT.",
            valueName: "url,…"))
    var url = "postgresql://127.0.0.1:7432"

    @Option(
        help:
            "Read at most so many bytes of rows a second on each node: 20MB. The check of the pages is not slowed down. (default: no limit)"
    )
    var rate: String?

    @Flag(help: "Compare the rows only; do not have SQLite check the pages.")
    var skipPages = false

    @Flag(help: "One JSON object, for programs.")
    var json = false

    @Flag(help: "Say how far it is although standard error is no terminal, in lines.")
    var progress = false

    @OptionGroup var login: LoginOptions

    func validate() throws { _ = try bytesPerSecond() }

    func run() async throws {
        let login = try login.login()
        do {
            let report = try await VerifiedGroup.find(url, login).verify(
                rate: bytesPerSecond(), checksPages: !skipPages, progress: VerifyProgress(isWanted: progress))
            print(json ? try report.json() : report.text)
            guard report.isSound else { throw ExitCode(1) }
            guard report.missing.isEmpty else { throw ExitCode(2) }
        } catch let error as ExitCode {
            throw error
        } catch let error as ValidationError {
            throw error
        } catch {
            FileHandle.standardError.write(
                Data("tandem: it is not known whether the nodes have the same: \(ErrorWords.text(error))\n".utf8))
            throw ExitCode(2)
        }
    }

    private func bytesPerSecond() throws -> UInt64? {
        guard let rate else { return nil }
        guard let bytes = ByteCountText.parse(rate), bytes >= 64_000 else {
            throw ValidationError("--rate: '\(rate)' is not a number of bytes a second, such as 20MB, at least 64kB")
        }
        return bytes
    }
}
