/// Memory that a decoder reuses from change to change.
final class ChangeScratch {
    private var values = UnsafeMutablePointer<ValueView>.allocate(capacity: 64)
    private var valueCapacity = 64
    private var columns = UnsafeMutablePointer<Int32>.allocate(capacity: 64)
    private var columnCapacity = 64

    deinit {
        values.deallocate()
        columns.deallocate()
    }

    /// Room for `count` values, of which at least `atLeast` (all, if nil) must still be in the bytes left: a value
    /// takes one byte at least, so nothing is allocated for values that cannot be there.
    @inline(__always)
    func values(
        _ count: Int, atLeast: Int? = nil, bytesLeft: Int
    ) throws(Malformation) -> UnsafeMutablePointer<ValueView> {
        guard atLeast ?? count <= bytesLeft else { throw .truncated }
        if count > valueCapacity { growValues(to: count) }
        return values
    }

    /// The offsets of the bits set in `changed`, which has `count` bits and zeros behind them.
    func columns(of changed: UnsafeRawBufferPointer, count: Int) throws(Malformation) -> UnsafeBufferPointer<Int32> {
        if count > columnCapacity { growColumns(to: count) }
        var found = 0
        for (place, byte) in changed.enumerated() {
            var rest = byte
            while rest != 0 {
                let column = place * 8 + rest.trailingZeroBitCount
                guard column < count else { throw .unknownFlag }
                columns[found] = Int32(truncatingIfNeeded: column)
                found += 1
                rest &= rest - 1
            }
        }
        return UnsafeBufferPointer(start: columns, count: found)
    }

    private func growValues(to count: Int) {
        values.deallocate()
        values = .allocate(capacity: count)
        valueCapacity = count
    }

    private func growColumns(to count: Int) {
        columns.deallocate()
        columns = .allocate(capacity: count)
        columnCapacity = count
    }
}
