@testable import TandemLog

/// A file system in memory that tells what is durable from what is not, and can crash, fail and fill up.
///
/// At a crash each sector of a file holds what was last made durable or any version written since, chosen at random
/// and independently of the others; of the changes to a directory's names since it was flushed a random number
/// survive, in order, as on a file system with a journal.
final class SimulatedFileSystem: FileSystem, @unchecked Sendable {  // Tests use it on one thread.
    static let sectorSize = 64

    private final class Content {
        let number: Int
        /// Durable sectors, and for each sector written since the versions it had.
        var durable: [UInt8] = []
        var current: [UInt8] = []
        var versions: [Int: [[UInt8]]] = [:]

        init(number: Int) { self.number = number }
    }

    private enum NameChange {
        case link(String, Content)
        case rename(String, String)
        case remove(String)
    }

    private var durableNames: [String: Content] = [:]
    private var names: [String: Content] = [:]
    private var changes: [NameChange] = []
    private var generation = 0
    private var locked: Set<String> = []

    /// How many operations that change something may still be done before the crash; nil for no end.
    var operationsUntilCrash: Int?
    /// How many bytes all files together may have; nil for no bound.
    var capacity: Int?
    /// Called behind the reading of a file, as if another thread had come by.
    var afterRead: (() -> Void)?
    /// The next flushes of files fail.
    var flushesFail = false
    private(set) var operationCount = 0
    private(set) var flushCount = 0
    private(set) var writeCount = 0

    private var contentCount = 0

    private func newNumber() -> Int {
        contentCount += 1
        return contentCount
    }

    private func step(_ path: String) throws(LogError) {
        operationCount += 1
        guard let left = operationsUntilCrash else { return }
        guard left > 0 else { throw LogError(.inputOutput, "The machine has crashed.", file: path) }
        operationsUntilCrash = left - 1
    }

    /// The machine loses power and starts again.
    func crash(using generator: inout SeededGenerator) {
        for content in contents() { crash(content, &generator) }
        let kept = Int.random(in: 0...changes.count, using: &generator)
        for change in changes.prefix(kept) { apply(change, to: &durableNames) }
        changes = []
        names = durableNames
        generation += 1
        locked = []
        operationsUntilCrash = nil
        flushesFail = false
    }

    /// All files there are, in the order in which they were created, so that a seed means the same in every run.
    private func contents() -> [Content] {
        var all = Array(durableNames.values) + Array(names.values)
        for case .link(_, let content) in changes { all.append(content) }
        var seen: Set<Int> = []
        return all.sorted { $0.number < $1.number }.filter { seen.insert($0.number).inserted }
    }

    private func crash(_ content: Content, _ generator: inout SeededGenerator) {
        let size = Bool.random(using: &generator) ? content.current.count : content.durable.count
        var result = content.durable
        if result.count < content.current.count {
            result += [UInt8](repeating: 0, count: content.current.count - result.count)
        }
        for sector in content.versions.keys.sorted() {
            let versions = content.versions[sector] ?? []
            let choice = Int.random(in: 0...versions.count, using: &generator)
            guard choice > 0 else { continue }
            let start = sector * Self.sectorSize
            let bytes = versions[choice - 1]
            result.replaceSubrange(start..<min(start + bytes.count, result.count), with: bytes)
        }
        content.durable = Array(result.prefix(size))
        content.current = content.durable
        content.versions = [:]
    }

    private func apply(_ change: NameChange, to names: inout [String: Content]) {
        switch change {
        case .link(let path, let content): names[path] = content
        case .rename(let path, let newPath): Self.rename(path, to: newPath, in: &names)
        case .remove(let path): names[path] = nil
        }
    }

    // MARK: FileSystem

    func open(_ path: String, _ mode: FileMode) throws(LogError) -> any File {
        if mode == .create {
            try step(path)
            if let capacity, names.count * 64 > capacity { throw full(path) }
            let content = Content(number: newNumber())
            names[path] = content
            changes.append(.link(path, content))
        }
        guard let content = names[path] else {
            throw LogError(.inputOutput, "There is no such file.", file: path, errorNumber: 2)
        }
        return SimulatedFile(self, content, path)
    }

    func names(in directory: String) throws(LogError) -> [String] {
        names.keys.filter { $0.hasPrefix(directory + "/") }.map { String($0.dropFirst(directory.count + 1)) }.sorted()
    }

    func createDirectory(_ path: String) throws(LogError) {}

    func rename(_ path: String, to newPath: String) throws(LogError) {
        try step(path)
        guard Self.rename(path, to: newPath, in: &names) else {
            throw LogError(.inputOutput, "There is no such file.", file: path, errorNumber: 2)
        }
        changes.append(.rename(path, newPath))
    }

    /// Of a file, or of a directory, which is there as long as something is in it.
    @discardableResult
    private static func rename(_ path: String, to newPath: String, in names: inout [String: Content]) -> Bool {
        if let content = names.removeValue(forKey: path) {
            names[newPath] = content
            return true
        }
        let inside = names.keys.filter { $0.hasPrefix(path + "/") }
        for name in inside { names[newPath + name.dropFirst(path.count)] = names.removeValue(forKey: name) }
        return !inside.isEmpty
    }

    func remove(_ path: String) throws(LogError) {
        try step(path)
        guard names.removeValue(forKey: path) != nil else {
            throw LogError(.inputOutput, "There is no such file.", file: path, errorNumber: 2)
        }
        changes.append(.remove(path))
    }

    func synchronizeDirectory(_ path: String) throws(LogError) {
        try step(path)
        durableNames = names
        changes = []
    }

    func lock(_ path: String) throws(LogError) -> any FileLock {
        guard locked.insert(path).inserted else {
            throw LogError(.locked, "The log is open already.", file: path)
        }
        let generation = generation
        return SimulatedLock { [weak self] in
            guard let self, self.generation == generation else { return }
            self.locked.remove(path)
        }
    }

    private func full(_ path: String) -> LogError {
        LogError(.diskFull, "No space is left.", file: path, errorNumber: 28)
    }

    // MARK: For tests

    func bytes(of path: String) -> [UInt8] { names[path]?.current ?? [] }

    /// Changes bytes as a failing disk would: durably, and without anybody asking.
    func damage(_ path: String, at offset: Int, xor mask: UInt8) {
        guard let content = names[path] else { return }
        content.current[offset] ^= mask
        content.durable[offset] ^= mask
    }

    /// A file system with the same durable content.
    func copy() -> SimulatedFileSystem {
        let result = SimulatedFileSystem()
        for (path, content) in names.sorted(by: { $0.key < $1.key }) {
            let copy = Content(number: result.newNumber())
            copy.durable = content.current
            copy.current = content.current
            result.durableNames[path] = copy
        }
        result.names = result.durableNames
        return result
    }

    // MARK: Files

    private final class SimulatedLock: FileLock {
        private let release: () -> Void
        init(_ release: @escaping () -> Void) { self.release = release }
        deinit { release() }
    }

    private final class SimulatedFile: File, @unchecked Sendable {
        let path: String
        private let system: SimulatedFileSystem
        private let content: Content

        init(_ system: SimulatedFileSystem, _ content: Content, _ path: String) {
            self.path = path
            self.system = system
            self.content = content
        }

        var isInPlace: Bool { system.names[path] === content }

        func size() throws(LogError) -> Int { content.current.count }

        func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(LogError) -> Int {
            guard offset < content.current.count else { return 0 }
            let count = min(buffer.count, content.current.count - offset)
            content.current.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count]))
            }
            system.afterRead?()
            return count
        }

        func write(
            _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int
        ) throws(LogError) {
            try system.step(path)
            system.writeCount += 1
            let bytes = Array(first) + Array(second)
            let room = system.capacity.map { max(0, $0 - offset) } ?? .max
            put(bytes.prefix(room), at: offset)
            if bytes.count > room { throw system.full(path) }
        }

        private func put(_ bytes: ArraySlice<UInt8>, at offset: Int) {
            guard !bytes.isEmpty else { return }
            let end = offset + bytes.count
            if content.current.count < end {
                content.current += [UInt8](repeating: 0, count: end - content.current.count)
            }
            content.current.replaceSubrange(offset..<end, with: bytes)
            for sector in offset / sectorSize...(end - 1) / sectorSize {
                let start = sector * sectorSize
                let version = Array(content.current[start..<min(start + sectorSize, content.current.count)])
                content.versions[sector, default: []].append(version)
            }
        }

        func allocate(_ size: Int) throws(LogError) {
            try system.step(path)
            if let capacity = system.capacity, size > capacity { throw system.full(path) }
            if content.current.count < size {
                content.current += [UInt8](repeating: 0, count: size - content.current.count)
            }
        }

        func synchronize() throws(LogError) {
            try system.step(path)
            system.flushCount += 1
            if system.flushesFail {
                // As Linux does it: the pages are called clean, and the bytes are lost to a crash.
                content.versions = [:]
                throw LogError(.inputOutput, "The disk does not answer.", file: path, errorNumber: 5)
            }
            persistWrittenSectors()
        }

        /// Only what was written since: a sector that a failed flush called clean stays lost.
        private func persistWrittenSectors() {
            let missing = content.current.count - content.durable.count
            if missing > 0 { content.durable += [UInt8](repeating: 0, count: missing) }
            for sector in content.versions.keys {
                let start = sector * sectorSize
                let end = min(start + sectorSize, content.current.count)
                content.durable.replaceSubrange(start..<end, with: content.current[start..<end])
            }
            content.versions = [:]
        }

        func writeBack(from offset: Int, count: Int) throws(LogError) {}
    }
}
