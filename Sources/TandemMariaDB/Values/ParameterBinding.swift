import CMariaDB
import Foundation
import TandemTransactions

/// The parameters of a statement in the library's form, and the memory they lie in. It must live until the statement
/// has been executed.
final class ParameterBinding {
    let binds: UnsafeMutableBufferPointer<MYSQL_BIND>
    private var memory: [UnsafeMutableRawPointer] = []

    /// - Throws: ``DatabaseError`` (`invalidValue`) for a value that MariaDB has not.
    init(_ values: [SQLValue]) throws {
        binds = .allocate(capacity: values.count)
        binds.initialize(repeating: MYSQL_BIND())
        for (place, value) in values.enumerated() { try bind(value, at: place) }
    }

    deinit {
        binds.deallocate()
        for pointer in memory { pointer.deallocate() }
    }

    private func bind(_ value: SQLValue, at place: Int) throws {
        switch value {
        case .null: binds[place].buffer_type = MYSQL_TYPE_NULL
        case .boolean(let flag): scalar(Int8(flag ? 1 : 0), MYSQL_TYPE_TINY, at: place)
        case .integer(let number): scalar(number, MYSQL_TYPE_LONGLONG, at: place)
        case .real(let number):
            guard number.isFinite else { throw Self.missing("NaN and infinities", place) }
            scalar(number, MYSQL_TYPE_DOUBLE, at: place)
        case .decimal(let number):
            guard !number.isNaN else { throw Self.missing("NaN", place) }
            text(number.description, MYSQL_TYPE_NEWDECIMAL, at: place)
        case .text(let string): text(string, MYSQL_TYPE_STRING, at: place)
        case .json(let document): text(document, MYSQL_TYPE_STRING, at: place)
        case .uuid(let uuid): text(uuid.uuidString.lowercased(), MYSQL_TYPE_STRING, at: place)
        case .bytes(let data): data.withUnsafeBytes { bytes($0, MYSQL_TYPE_LONG_BLOB, at: place) }
        case .timestamp(let date):
            guard let time = CalendarTime.binary(date) else {
                throw Self.missing("years after 9999 or before 0", place)
            }
            scalar(time, MYSQL_TYPE_DATETIME, at: place)
        }
    }

    private func scalar<Value>(_ value: Value, _ type: enum_field_types, at place: Int) {
        withUnsafeBytes(of: value) { bytes($0, type, at: place) }
    }

    private func text(_ string: String, _ type: enum_field_types, at place: Int) {
        var string = string
        string.withUTF8 { bytes(UnsafeRawBufferPointer($0), type, at: place) }
    }

    private func bytes(_ source: UnsafeRawBufferPointer, _ type: enum_field_types, at place: Int) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(source.count, 1), alignment: 8)
        copy.copyMemory(from: source)
        if let start = copy.baseAddress { memory.append(start) }
        binds[place].buffer_type = type
        binds[place].buffer = copy.baseAddress
        binds[place].buffer_length = UInt(source.count)
    }

    private static func missing(_ what: String, _ place: Int) -> DatabaseError {
        DatabaseError(
            .invalidValue, "parameter \(place + 1) cannot be sent: MariaDB has no \(what)", sqlState: "22003")
    }
}
