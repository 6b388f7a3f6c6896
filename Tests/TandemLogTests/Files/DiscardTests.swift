import Foundation
import Testing

@testable import TandemLog

/// Large files that are removed, in a folder of the file system.
@Suite(.serialized) final class DiscardTests {
    private let folder = NSTemporaryDirectory() + "tandem-discard-\(UUID().uuidString)"
    private let size = 40 << 20

    init() throws { try SystemFileSystem().createDirectory(folder) }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A file that is long enough to be cut, open for its reader.
    private func makeFile(_ name: String) throws -> any TandemLog.File {
        let file = try SystemFileSystem().open("\(folder)/\(name)", .create)
        try file.write([1], at: size - 1)
        return file
    }

    private func names() throws -> [String] { try SystemFileSystem().names(in: folder) }

    /// A file without a name, which is handed over, and what sees how long it is: the same opening, not one more.
    private func makeNameless() throws -> (descriptor: Int32, watch: Int32) {
        let path = "\(folder)/nameless"
        _ = try makeFile("nameless")
        let descriptor = open(path, O_RDWR)
        unlink(path)
        return (descriptor, dup(descriptor))
    }

    /// Waits until the file is not longer than a piece; false after 30 seconds.
    private func isCut(_ watch: Int32) -> Bool {
        var status = stat()
        for _ in 0..<3_000 {
            if fstat(watch, &status) == 0, status.st_size <= RemovedFiles.piece { return true }
            usleep(10_000)
        }
        return false
    }

    /// Waits until all that was handed over has had its turn; false after 30 seconds.
    private func allHaveHadTheirTurn() -> Bool {
        for _ in 0..<3_000 {
            if RemovedFiles.shared.isIdle { return true }
            usleep(10_000)
        }
        return false
    }

    /// Whether the file system tells who is alone.
    private static var hasLeases: Bool {
        let path = NSTemporaryDirectory() + "tandem-lease-\(UUID().uuidString)"
        let descriptor = open(path, O_RDWR | O_CREAT, 0o600)
        defer { close(descriptor) }
        unlink(path)
        return RemovedFiles.isOpenOnce(descriptor)
    }

    @Test(.enabled(if: hasLeases)) func aFileThatNobodyHasOpenIsCutPieceByPiece() throws {
        let (descriptor, watch) = try makeNameless()
        defer { close(watch) }
        RemovedFiles.shared.add(descriptor, waits: true)
        #expect(isCut(watch))
    }

    @Test func whoReadsARemovedFileCanGoOn() throws {
        let segment = try makeFile("segment")
        try SystemFileSystem().removeUnhurried("\(folder)/segment")
        let copy = try makeFile("copy")
        SystemFileSystem().discard("\(folder)/copy")
        #expect(try names().isEmpty)
        #expect(allHaveHadTheirTurn())
        for file in [segment, copy] {
            #expect(try file.size() == size)
            #expect(try file.bytes(at: size - 1, count: 1) == [1])
        }
    }

    @Test func aFileWithAnotherNameStaysWhole() throws {
        _ = try makeFile("kept")
        try FileManager.default.linkItem(atPath: "\(folder)/kept", toPath: "\(folder)/discarded")
        SystemFileSystem().discard("\(folder)/discarded")
        #expect(allHaveHadTheirTurn())
        #expect(try names() == ["kept"])
        #expect(try SystemFileSystem().open("\(folder)/kept", .read).size() == size)
    }

    @Test func aFolderIsDiscardedWithAllThatIsInItAndNothingElse() throws {
        try SystemFileSystem().createDirectory("\(folder)/old")
        try SystemFileSystem().createDirectory("\(folder)/old/log")
        for number in 0..<40 { _ = try makeFile("old/log/\(number)") }
        _ = try makeFile("kept")
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/old/link", withDestinationPath: folder)
        SystemFileSystem().discard("\(folder)/old")
        #expect(try names() == ["kept"])
        SystemFileSystem().discard("\(folder)/old")
    }

    @Test func whatIsNotThereIsAnErrorWhereItIsRemoved() throws {
        #expect(throws: LogError.self) { try SystemFileSystem().removeUnhurried("\(folder)/nothing") }
    }
}
