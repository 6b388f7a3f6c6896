import CTandemSQLite
import TandemLog

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The tables whose changes were captured so far, with their numbers in the current segment.
final class TableCatalog {
    private let reader: TableShapeReader
    private let hookColumns: HookColumns
    /// The sums of the tables' rows, if they are kept.
    private let contents: ContentTracker?
    private var tables: [String: TableInfo] = [:]
    private var last: TableInfo?
    private var lastName: UnsafeMutablePointer<CChar>?
    /// Numbers stay with a name for a whole segment: a definition replaces the one with its number.
    private var numbers: [String: UInt32] = [:]
    /// Definitions written since the group began, with their places in the buffer.
    private var written: [(place: Int, table: TableInfo)] = []

    init(
        _ connection: OpaquePointer, hookColumns: HookColumns, contents: ContentTracker?
    ) throws(SQLiteError) {
        reader = try TableShapeReader(connection)
        self.contents = contents
        self.hookColumns = hookColumns
    }

    deinit { free(lastName) }

    /// The table of this name in the schema as it is now.
    func table(_ name: UnsafePointer<CChar>) throws(SQLiteError) -> TableInfo {
        if let last, let lastName, strcmp(lastName, name) == 0 { return last }
        let table = try self.table(String(cString: name))
        free(lastName)
        lastName = strdup(name)
        last = table
        return table
    }

    func table(_ name: String) throws(SQLiteError) -> TableInfo {
        if let known = tables[name] { return known }
        guard let shape = try reader.read(name) else {
            throw SQLiteError(.captureFailed, "Table `\(name)` changed, but the schema does not have it.", table: name)
        }
        let number = numbers[name] ?? UInt32(numbers.count + 1)
        guard number <= TableDefinition.maximumNumber else {
            throw SQLiteError(.captureFailed, "Too many tables changed in one segment of the log.", table: name)
        }
        numbers[name] = number
        let table = TableInfo(shape, number: number, hookColumns: hookColumns, content: contents?.tables[name])
        tables[name] = table
        return table
    }

    /// The table's definition was written at `place` of the buffer.
    func definitionWritten(_ table: TableInfo, at place: Int) {
        table.isDefined = true
        written.append((place, table))
    }

    /// The buffer was truncated to `place`: definitions behind it are gone.
    func truncate(to place: Int) {
        while let end = written.last, end.place >= place {
            end.table.isDefined = false
            written.removeLast()
        }
    }

    /// What was written is in the log, or will be.
    func keepDefinitions() { written.removeAll(keepingCapacity: true) }

    /// The schema changed, or changed back: shapes are asked for anew and definitions written anew.
    func forgetShapes() {
        for table in tables.values { table.isCurrent = false }
        tables.removeAll(keepingCapacity: true)
        last = nil
        free(lastName)
        lastName = nil
    }

    /// A new segment begins: all numbers are free and no definition stands.
    func forgetAll() {
        forgetShapes()
        numbers.removeAll(keepingCapacity: true)
        written.removeAll(keepingCapacity: true)
    }
}
