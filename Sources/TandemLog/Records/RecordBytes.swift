import Glibc

/// Memory that nobody writes to any more, freed with its last owner.
final class RecordBytes: @unchecked Sendable {  // Immutable after the initialiser.
    let bytes: UnsafeRawBufferPointer

    /// Takes memory that came from `malloc`.
    init(taking memory: UnsafeMutableRawPointer, count: Int) {
        bytes = UnsafeRawBufferPointer(start: memory, count: count)
    }

    convenience init(copying source: UnsafeRawBufferPointer) throws(LogError) {
        guard let memory = malloc(max(1, source.count)) else {
            throw LogError(.recordTooLarge, "There is no memory for \(source.count) bytes of records.")
        }
        if let base = source.baseAddress { memory.copyMemory(from: base, byteCount: source.count) }
        self.init(taking: memory, count: source.count)
    }

    deinit {
        free(UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
}
