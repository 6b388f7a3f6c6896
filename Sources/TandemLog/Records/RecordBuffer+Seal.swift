import Glibc

extension RecordBuffer {
    /// Fills in what is known only when the records enter the log: index, epoch, time, and the chained checksums of
    /// all records, in order. Sealing again replaces it all.
    ///
    /// - Parameters:
    ///   - firstIndex: the first record's index; the others follow without holes.
    ///   - time: microseconds since 1970-01-01 00:00 UTC, not below that of the record before.
    ///   - previousChecksum: the checksum of the log's last record, 0 for an empty log.
    ///   - beginsSegment: whether a segment begins with the first record (``Log/beginsSegmentNext``).
    /// - Returns: the last record's checksum.
    @discardableResult
    public mutating func seal(
        epochCounter: UInt32, firstIndex: LogIndex, time: UInt64, previousChecksum: UInt32, beginsSegment: Bool
    ) -> UInt32 {
        precondition(state.pointee.recordStart < 0, "a record is open")
        let base = state.pointee.base
        let end = state.pointee.count
        var (offset, index, checksum) = (0, firstIndex.rawValue, previousChecksum)
        while offset < end {
            let record = base + offset
            let length = Int(UInt32(littleEndian: record.loadUnaligned(as: UInt32.self)))
            let kind = record.load(fromByteOffset: RecordLayout.kind, as: UInt8.self) & ~RecordLayout.beginsSegment
            let flag = beginsSegment && offset == 0 ? RecordLayout.beginsSegment : 0
            record.storeBytes(of: kind | flag, toByteOffset: RecordLayout.kind, as: UInt8.self)
            storeHeader(record, index: index, epochCounter: epochCounter, time: time)
            let body = UnsafeRawBufferPointer(start: record + RecordLayout.prefixSize, count: length)
            checksum = Checksum.record(previous: checksum, body: body)
            record.storeBytes(of: checksum.littleEndian, toByteOffset: 4, as: UInt32.self)
            offset += RecordLayout.prefixSize + length
            index += 1
        }
        state.pointee.sealedBehind = LogEnd(
            index: firstIndex.previous, checksum: previousChecksum, epochCounter: epochCounter)
        return checksum
    }

    private func storeHeader(
        _ record: UnsafeMutableRawPointer, index: UInt64, epochCounter: UInt32, time: UInt64
    ) {
        // Each store is wider than its field and is followed by the field that it spills into.
        record.storeBytes(of: index.littleEndian, toByteOffset: RecordLayout.index, as: UInt64.self)
        record.storeBytes(of: epochCounter.littleEndian, toByteOffset: RecordLayout.epochCounter, as: UInt32.self)
        let low = UInt32(truncatingIfNeeded: time)
        record.storeBytes(of: low.littleEndian, toByteOffset: RecordLayout.time, as: UInt32.self)
        let middle = UInt16(truncatingIfNeeded: time >> 32)
        record.storeBytes(of: middle.littleEndian, toByteOffset: RecordLayout.time + 4, as: UInt16.self)
        record.storeBytes(
            of: UInt8(truncatingIfNeeded: time >> 48), toByteOffset: RecordLayout.time + 6, as: UInt8.self)
    }

    /// Makes the sealed records a batch, without copying them, and leaves the buffer empty.
    ///
    /// - Throws: ``LogError`` (`malformed`) if an epoch or member record inside cannot be read.
    public mutating func takeBatch() throws(LogError) -> RecordBatch {
        guard let behind = state.pointee.sealedBehind, state.pointee.count > 0 else {
            preconditionFailure("only sealed records become a batch")
        }
        let (count, used) = (state.pointee.count, state.pointee.base)
        // A large buffer that is hardly used would be kept alive by whoever keeps the batch.
        let memory = state.pointee.capacity > 2 * count + 4096 ? realloc(used, count) ?? used : used
        let bytes = RecordBytes(taking: memory, count: count)
        state.pointee.base = Owner.allocate(initialCapacity)
        state.pointee.capacity = initialCapacity
        removeAll()
        return try RecordBatch(sealed: bytes, following: behind)
    }
}
