import Foundation
import TandemLog
import Testing

@testable import TandemReplication

/// The file a node must never lose or misread.
@Suite final class DurableStateFileTests {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private var file: DurableStateFile { DurableStateFile(path: directory.appendingPathComponent("node.state").path) }

    init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private let full = DurableState(
        node: MessageCodingTests.node, group: GroupID(UniqueID(high: 5, low: 6)), promised: MessageCodingTests.epoch,
        reign: MessageCodingTests.epoch, continues: MessageCodingTests.epoch, whole: false, incarnation: 77)

    @Test func newNodeHasNoState() throws {
        #expect(try file.read() == nil)
    }

    @Test func stateComesBackAsItWas() throws {
        let new = DurableState(node: MessageCodingTests.node)
        let told = DurableState(
            node: new.node, group: full.group, promised: full.promised, whole: false, forgotten: full.promised)
        for state in [full, new, told, DurableState(node: new.node, group: full.group, cascades: true)] {
            try file.write(state)
            #expect(try file.read() == state)
        }
    }

    @Test func everyDamageIsRefusedByName() throws {
        try file.write(full)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 0x10
            try damaged.write(to: URL(fileURLWithPath: file.path))
            expectDamage()
        }
        for count in 0..<bytes.count - 1 {
            try bytes[..<count].write(to: URL(fileURLWithPath: file.path))
            expectDamage()
        }
    }

    @Test func whatCannotBeReadIsNotCalledDamaged() throws {
        // Root may read every file, but none may read a directory.
        try FileManager.default.createDirectory(atPath: file.path, withIntermediateDirectories: false)
        #expect {
            _ = try file.read()
        } throws: { error in
            (error as? LogError)?.code == .inputOutput && "\(error)".contains("read and write the file")
        }
    }

    private func expectDamage() {
        #expect {
            _ = try file.read()
        } throws: { error in
            "\(error)".contains("node.state")
        }
    }
}
