import CTandemSQLite
import Synchronization

/// One statement that came over the wire, prepared on one connection. Belongs to the thread that uses the connection.
public final class PreparedStatement {
    let pointer: OpaquePointer
    unowned let owner: Connection
    /// What the statement is.
    public let kind: StatementKind
    /// The statement's own text.
    public let sql: String
    /// The numbers of `$1`, `$2` …, with SQLite's index of each.
    private let indexOfNumber: [Int: Int32]
    /// The largest of them.
    private let highestNumber: Int?
    private let number = PreparedStatement.count.wrappingAdd(1, ordering: .relaxed).newValue
    private static let count = Atomic<UInt64>(0)
    /// What its users have found out about the statement and want to find again with it.
    public var note: AnyObject?
    /// What of the processor it took to prepare it, in nanoseconds.
    public internal(set) var preparation: UInt64 = 0
    /// Whether somebody has taken the statement out of the cache.
    var isInUse = false

    /// - Parameter indexOfNumber: nil where the parameters' names tell.
    init(
        pointer: OpaquePointer, owner: Connection, kind: StatementKind, sql: String,
        indexOfNumber: [Int: Int32]? = nil
    ) {
        self.pointer = pointer
        self.owner = owner
        self.kind = kind
        self.sql = sql
        let indexOfNumber = indexOfNumber ?? Self.numbers(pointer, sql)
        self.indexOfNumber = indexOfNumber
        highestNumber = indexOfNumber.keys.max()
    }

    private static func numbers(_ pointer: OpaquePointer, _ sql: String) -> [Int: Int32] {
        var numbers: [Int: Int32] = [:]
        // SQLite looks for each name among all of them.
        guard sql.utf8.contains(UInt8(ascii: "$")) else { return numbers }
        for index in 0..<max(0, sqlite3_bind_parameter_count(pointer)) {
            guard let name = sqlite3_bind_parameter_name(pointer, index + 1), name[0] == CChar(UInt8(ascii: "$")),
                let number = Int(String(cString: name + 1))
            else { continue }
            numbers[number] = index + 1
        }
        return numbers
    }

    deinit { sqlite3_finalize(pointer) }

    /// How much memory it takes, with its text.
    var byteCount: Int { Int(sqlite3_stmt_status(pointer, SQLITE_STMTSTATUS_MEMUSED, 0)) + sql.utf8.count }

    /// Whether the statement leaves the database as it is.
    public var isReadOnly: Bool { sqlite3_stmt_readonly(pointer) != 0 }

    /// Whether the statement has been stepped and neither ended nor been reset.
    public var isRunning: Bool { sqlite3_stmt_busy(pointer) != 0 }
}

extension PreparedStatement {
    /// Tells one preparation of a statement from all others of this process.
    public struct PreparationID: Hashable, Sendable {
        fileprivate var statement: UInt64
        fileprivate var repetition: Int32
    }

    /// SQLite prepares a statement anew after a change of the schema: its columns may be others then.
    public var preparationID: PreparationID {
        PreparationID(statement: number, repetition: sqlite3_stmt_status(pointer, SQLITE_STMTSTATUS_REPREPARE, 0))
    }
}

extension PreparedStatement {
    /// How many parameters SQLite counts: the largest index.
    public var parameterCount: Int { Int(sqlite3_bind_parameter_count(pointer)) }

    /// The largest number among `$1`, `$2` …; without any, the number of parameters.
    public var highestParameterNumber: Int { highestNumber ?? parameterCount }

    /// The name of a parameter with its first character (`:name`, `$1`); nil for `?`, and of a statement with hundreds of
    /// parameters for `$1`, too, where it stands in one place only.
    ///
    /// - Parameter index: from 1.
    public func parameterName(_ index: Int) -> String? {
        sqlite3_bind_parameter_name(pointer, Int32(clamping: index)).map { String(cString: $0) }
    }

    /// SQLite's index of parameter `$number`: the statement's own numbering, whatever order they stand in. Without
    /// any such name the number itself; nil if there is no such parameter.
    public func parameterIndex(number: Int) -> Int? {
        if let index = indexOfNumber[number] { return Int(index) }
        return indexOfNumber.isEmpty && (1...max(1, parameterCount)).contains(number) && parameterCount > 0
            ? number : nil
    }

    /// SQLite's index of a parameter by its name with its first character; nil if there is none.
    public func parameterIndex(name: String) -> Int? {
        let index = sqlite3_bind_parameter_index(pointer, name)
        return index > 0 ? Int(index) : nil
    }
}

extension PreparedStatement {
    /// How many columns the statement's rows have; 0 if it returns none.
    public var columnCount: Int { Int(sqlite3_column_count(pointer)) }

    /// A column's name. Columns are counted from 0.
    public func columnName(_ column: Int) -> String {
        sqlite3_column_name(pointer, Int32(clamping: column)).map { String(cString: $0) } ?? ""
    }

    /// The declared type of the table's column that a column shows; nil for an expression.
    public func columnDeclaredType(_ column: Int) -> String? {
        sqlite3_column_decltype(pointer, Int32(clamping: column)).map { String(cString: $0) }
    }

    /// The table whose column a column shows; nil for an expression.
    public func columnTable(_ column: Int) -> String? {
        sqlite3_column_table_name(pointer, Int32(clamping: column)).map { String(cString: $0) }
    }

    /// The table's column that a column shows; nil for an expression.
    public func columnOrigin(_ column: Int) -> String? {
        sqlite3_column_origin_name(pointer, Int32(clamping: column)).map { String(cString: $0) }
    }
}
