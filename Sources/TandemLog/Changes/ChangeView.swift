/// One change of a transaction, pointing into the bytes it was decoded from and into the decoder's scratch memory:
/// valid until the decoder's next call.
public enum ChangeView {
    /// Table `number` is defined (anew); ``ChangeDecoder/tables`` has the definition.
    case tableDefinition(number: UInt32)
    case insert(Insert)
    case update(Update)
    case delete(Delete)
    /// SQL text in UTF-8, to be executed as it is.
    case schema(UnsafeRawBufferPointer)
    case contentChecksum(ContentChecksum)

    public struct Insert {
        public var table: UInt32
        /// The new row's rowid; 0 for a WITHOUT ROWID table.
        public var rowid: Int64
        /// One value for each of the table's ``TableDefinition/valueColumns``.
        public var values: UnsafeBufferPointer<ValueView>
    }

    public struct Update {
        public var table: UInt32
        /// The row's rowid before the change; 0 for a WITHOUT ROWID table.
        public var oldRowid: Int64
        /// The row's rowid after the change; ``oldRowid`` if it stayed.
        public var newRowid: Int64
        /// WITHOUT ROWID tables: the primary key before the change, in column order. Else empty.
        public var oldKey: UnsafeBufferPointer<ValueView>
        /// One bit for each of the table's ``TableDefinition/valueColumns``, the first in the lowest bit of the
        /// first byte: which columns changed. Equal bytes, equal columns: good as a key of a statement cache.
        public var changed: UnsafeRawBufferPointer
        /// The changed columns, as offsets into ``TableDefinition/valueColumns``, ascending.
        public var columns: UnsafeBufferPointer<Int32>
        /// For each of ``columns`` the value before.
        public var oldValues: UnsafeBufferPointer<ValueView>
        /// For each of ``columns`` the value after.
        public var newValues: UnsafeBufferPointer<ValueView>
    }

    public struct Delete {
        public var table: UInt32
        /// The row's rowid; 0 for a WITHOUT ROWID table.
        public var rowid: Int64
        /// The row that was deleted: one value for each of the table's ``TableDefinition/valueColumns``.
        public var oldValues: UnsafeBufferPointer<ValueView>
    }
}

/// The checksum of a table's rows at a place in the log (reserved; not compared yet).
public struct ContentChecksum: Hashable, Sendable {
    public var table: UInt32
    /// How many rows the table has.
    public var rowCount: UInt64
    public var sum: UInt64

    public init(table: UInt32, rowCount: UInt64, sum: UInt64) {
        self.table = table
        self.rowCount = rowCount
        self.sum = sum
    }
}
