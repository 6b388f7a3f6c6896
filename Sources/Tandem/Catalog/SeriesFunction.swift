import GRDB

/// `generate_series(from, to [, step])` as a JSON array of integers.
enum SeriesFunction {
    private static let maximumCount = 1_000_000

    static func series(_ values: [DatabaseValue]) throws -> (any DatabaseValueConvertible)? {
        guard !values.contains(where: \.isNull) else { return "[]" }
        let bounds = values.compactMap { Int64.fromDatabaseValue($0) ?? $0.asText.flatMap { Int64($0) } }
        guard bounds.count == values.count else {
            throw failure(.SQLITE_FORMAT, "generate_series takes integers only here")
        }
        let step = bounds.count > 2 ? bounds[2] : 1
        guard step != 0 else { throw failure(.SQLITE_FORMAT, "step size cannot equal zero") }
        guard step > 0 ? bounds[0] <= bounds[1] : bounds[0] >= bounds[1] else { return "[]" }
        let distance = Int128(bounds[1]) - Int128(bounds[0])
        guard distance / Int128(step) < Int128(maximumCount) else {
            throw failure(.SQLITE_TOOBIG, "generate_series makes at most 1,000,000 rows here")
        }
        let numbers = (0...Int64(distance / Int128(step))).map { String(bounds[0] + $0 * step) }
        return "[" + numbers.joined(separator: ",") + "]"
    }

    private static func failure(_ code: ResultCode, _ message: String) -> DatabaseError {
        DatabaseError(resultCode: code, message: message)
    }
}
