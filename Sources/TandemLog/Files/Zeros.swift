import Glibc

extension UnsafeRawBufferPointer {
    /// Whether all bytes are zero, at the speed of memory in any build.
    var isAllZeros: Bool {
        guard let base = baseAddress, count > 0 else { return true }
        return self[0] == 0 && memcmp(base, base + 1, count - 1) == 0
    }
}
