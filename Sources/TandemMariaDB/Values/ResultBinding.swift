import CMariaDB
import Glibc
import TandemTransactions

/// The columns of a statement's result, and the memory that its rows are fetched into, one after the other.
final class ResultBinding {
    let columns: ResultRow.Columns
    private let kinds: [ColumnKind]
    private let signatures: [Signature]
    private let binds: UnsafeMutableBufferPointer<MYSQL_BIND>
    private let lengths: UnsafeMutableBufferPointer<UInt>
    private let nulls: UnsafeMutableBufferPointer<my_bool>
    private let errors: UnsafeMutableBufferPointer<my_bool>

    /// What a column's kind follows from, quick to compare.
    private struct Signature: Equatable {
        var type: UInt32
        var flags: UInt32
        var characterSet: UInt32

        init(_ field: MYSQL_FIELD) {
            type = field.type.rawValue
            flags = field.flags
            characterSet = field.charsetnr
        }
    }

    /// Values of a text column have so much room at first; it grows with what comes.
    private static let initialRoom = 256
    /// What is larger is fetched into memory of its own, so that one large value is not kept room for.
    private static let maximumRoom = 64 * 1024

    /// - Parameters:
    ///   - fields: the columns as the server described them with the rows.
    ///   - preparation: as it described them when the statement was prepared.
    init(_ fields: UnsafeBufferPointer<MYSQL_FIELD>, preparation: UnsafeBufferPointer<MYSQL_FIELD>) {
        columns = ResultRow.Columns(fields.map { String(cString: $0.name) })
        kinds = zip(fields, preparation).map { ColumnKind($0, preparation: $1) }
        signatures = fields.map(Signature.init)
        binds = .allocate(capacity: fields.count)
        lengths = .allocate(capacity: fields.count)
        nulls = .allocate(capacity: fields.count)
        errors = .allocate(capacity: fields.count)
        binds.initialize(repeating: MYSQL_BIND())
        lengths.initialize(repeating: 0)
        nulls.initialize(repeating: 0)
        errors.initialize(repeating: 0)
        for (place, kind) in kinds.enumerated() { prepare(place, kind) }
    }

    deinit {
        for bind in binds { bind.buffer?.deallocate() }
        binds.deallocate()
        lengths.deallocate()
        nulls.deallocate()
        errors.deallocate()
    }

    /// Whether it still fits, should a table have changed since.
    func fits(_ fields: UnsafeBufferPointer<MYSQL_FIELD>) -> Bool {
        fields.count == signatures.count
            && fields.indices.allSatisfy { place in
                Signature(fields[place]) == signatures[place]
                    && columns.names[place].withCString { strcmp($0, fields[place].name) == 0 }
            }
    }

    private func prepare(_ place: Int, _ kind: ColumnKind) {
        binds[place].buffer_type = kind.bufferType
        if case .integer(let isUnsigned) = kind { binds[place].is_unsigned = isUnsigned ? 1 : 0 }
        binds[place].length = lengths.baseAddress.map { $0 + place }
        binds[place].is_null = nulls.baseAddress.map { $0 + place }
        binds[place].error = errors.baseAddress.map { $0 + place }
        makeRoom(kind.fixedSize ?? Self.initialRoom, at: place)
    }

    private func makeRoom(_ size: Int, at place: Int) {
        binds[place].buffer?.deallocate()
        binds[place].buffer = .allocate(byteCount: max(size, 8), alignment: 8)
        binds[place].buffer_length = UInt(max(size, 8))
    }

    /// Tells the library where to put rows. Before the first row, and after rows for which room was made.
    func bind(to statement: UnsafeMutablePointer<MYSQL_STMT>) -> Bool {
        mysql_stmt_bind_result(statement, binds.baseAddress) == 0
    }

    /// The row that has just been fetched; nil where a value that had no room could not be had.
    func row(of statement: UnsafeMutablePointer<MYSQL_STMT>) -> ResultRow? {
        var values: [SQLValue] = []
        values.reserveCapacity(kinds.count)
        var hasGrown = false
        for (place, kind) in kinds.enumerated() {
            guard nulls[place] == 0, kind != .null else {
                values.append(.null)
                continue
            }
            let length = kind.fixedSize ?? Int(lengths[place])
            if length > Int(binds[place].buffer_length) {
                guard let value = large(place, kind, length, statement, &hasGrown) else { return nil }
                values.append(value)
            } else {
                values.append(kind.value(UnsafeRawBufferPointer(start: binds[place].buffer, count: length)))
            }
        }
        if hasGrown, !bind(to: statement) { return nil }
        return ResultRow(columns: columns, values: values)
    }

    /// A value that was cut, because it is longer than its room.
    private func large(
        _ place: Int, _ kind: ColumnKind, _ length: Int, _ statement: UnsafeMutablePointer<MYSQL_STMT>,
        _ hasGrown: inout Bool
    ) -> SQLValue? {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 8)
        defer { memory.deallocate() }
        var bind = MYSQL_BIND()
        bind.buffer_type = kind.bufferType
        bind.buffer = memory.baseAddress
        bind.buffer_length = UInt(length)
        var fetched: UInt = 0
        let failed = withUnsafeMutablePointer(to: &fetched) { pointer in
            bind.length = pointer
            return mysql_stmt_fetch_column(statement, &bind, UInt32(place), 0) != 0
        }
        guard !failed else { return nil }
        if length <= Self.maximumRoom {
            makeRoom(min(2 * length, Self.maximumRoom), at: place)
            hasGrown = true
        }
        return kind.value(UnsafeRawBufferPointer(memory))
    }
}
