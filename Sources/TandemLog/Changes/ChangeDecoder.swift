/// Reads the changes of transaction records one after another, without allocating for each.
///
/// ```swift
/// let decoder = ChangeDecoder()
/// try batch.forEachRecord { record in
///     try decoder.begin(record)
///     while let change = try decoder.next() { … }
/// }
/// ```
/// It keeps the table definitions in force from record to record, so it must see the records in order, from the
/// first of a segment or from a ``LogReader``'s start. Not Sendable: it belongs to one thread.
public final class ChangeDecoder {
    /// The table definitions in force behind the last change read.
    public private(set) var tables: TableDefinitions
    private var reader = ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
    private let scratch = ChangeScratch()

    /// A decoder that starts where `tables` are in force (``LogReader/tables``).
    public init(tables: TableDefinitions = TableDefinitions()) {
        self.tables = tables
    }

    /// Turns to a record's changes. The record's bytes must stay valid until the last of them is read.
    ///
    /// A record that begins a segment ends the validity of all definitions. Records other than transactions have no
    /// changes: ``next()`` returns nil at once.
    public func begin(_ record: Record) {
        if record.beginsSegment { tables.removeAll() }
        begin(payload: record.kind == .transaction ? record.payload : UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// Turns to the payload of a transaction record.
    public func begin(payload: UnsafeRawBufferPointer) {
        reader = ByteReader(payload)
    }

    /// The next change, or nil at the record's end.
    ///
    /// - Throws: ``LogError`` (`malformed`) with the offset in the payload.
    public func next() throws(LogError) -> ChangeView? {
        var local = reader
        guard !local.isAtEnd else { return nil }
        let start = local.offset
        do throws(Malformation) {
            let change = try decode(&local)
            reader = local
            return change
        } catch {
            throw LogError(
                .malformed,
                "A transaction's changes cannot be read: \(error.explanation). The change begins at offset \(start) of the record's payload.",
                offset: UInt64(local.offset))
        }
    }

    @inline(__always)
    private func decode(_ reader: inout ByteReader) throws(Malformation) -> ChangeView {
        switch try reader.readByte() {
        case ChangeCode.insert: return .insert(try decodeInsert(&reader))
        case ChangeCode.update: return .update(try decodeUpdate(&reader))
        case ChangeCode.delete: return .delete(try decodeDelete(&reader))
        case ChangeCode.tableDefinition:
            let definition = try TableDefinition(from: &reader)
            tables.define(definition)
            return .tableDefinition(number: definition.number)
        case ChangeCode.schema: return .schema(try reader.readBytes(try reader.readLength()))
        case ChangeCode.contentChecksum: return .contentChecksum(try decodeChecksum(&reader))
        default: throw .unknownCode
        }
    }

    private func decodeInsert(_ reader: inout ByteReader) throws(Malformation) -> ChangeView.Insert {
        let table = try reader.readVarint()
        let layout = try tables.layout(table)
        let rowid = layout.isRowid ? try reader.readZigzag() : 0
        let values = try readValues(Int(layout.valueCount), &reader)
        return ChangeView.Insert(table: UInt32(table), rowid: rowid, values: values)
    }

    private func decodeDelete(_ reader: inout ByteReader) throws(Malformation) -> ChangeView.Delete {
        let table = try reader.readVarint()
        let layout = try tables.layout(table)
        let rowid = layout.isRowid ? try reader.readZigzag() : 0
        let values = try readValues(Int(layout.valueCount), &reader)
        return ChangeView.Delete(table: UInt32(table), rowid: rowid, oldValues: values)
    }

    @inline(__always)
    private func readValues(
        _ count: Int, _ reader: inout ByteReader
    ) throws(Malformation) -> UnsafeBufferPointer<ValueView> {
        let values = try scratch.values(count, bytesLeft: reader.remaining)
        for place in 0..<count { values[place] = try reader.readValue() }
        return UnsafeBufferPointer(start: values, count: count)
    }

    private func decodeUpdate(_ reader: inout ByteReader) throws(Malformation) -> ChangeView.Update {
        let table = try reader.readVarint()
        let layout = try tables.layout(table)
        let (oldRowid, newRowid) = layout.isRowid ? try readRowids(&reader) : (0, 0)
        let count = Int(layout.valueCount)
        let keyCount = layout.isRowid ? 0 : Int(layout.keyCount)
        let values = try scratch.values(keyCount + 2 * count, atLeast: keyCount, bytesLeft: reader.remaining)
        for place in 0..<keyCount { values[place] = try reader.readValue() }
        let changed = try reader.readBytes((count + 7) / 8)
        let columns = try scratch.columns(of: changed, count: count)
        let (old, new) = (values + keyCount, values + keyCount + count)
        for place in 0..<columns.count {
            old[place] = try reader.readValue()
            new[place] = try reader.readValue()
        }
        return ChangeView.Update(
            table: UInt32(table), oldRowid: oldRowid, newRowid: newRowid,
            oldKey: UnsafeBufferPointer(start: values, count: keyCount), changed: changed, columns: columns,
            oldValues: UnsafeBufferPointer(start: old, count: columns.count),
            newValues: UnsafeBufferPointer(start: new, count: columns.count))
    }

    private func readRowids(_ reader: inout ByteReader) throws(Malformation) -> (old: Int64, new: Int64) {
        let old = try reader.readZigzag()
        switch try reader.readByte() {
        case 0: return (old, old)
        case 1: return (old, try reader.readZigzag())
        default: throw .unknownFlag
        }
    }

    private func decodeChecksum(_ reader: inout ByteReader) throws(Malformation) -> ContentChecksum {
        let table = try reader.readVarint()
        _ = try tables.layout(table)
        let count = try reader.readVarint()
        return ContentChecksum(table: UInt32(table), rowCount: count, sum: try reader.readInteger(UInt64.self))
    }
}
