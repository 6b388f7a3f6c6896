import GRDB
import PostgresWire

/// The rows of `generate_series(from, to [, step])` as a JSON array: of integers, or of timestamps by an interval.
enum SeriesText {
    /// So many rows there may be.
    static let maximum = 1_000_000

    static func json(_ values: [DatabaseValue]) throws -> String {
        guard !values.contains(where: \.isNull) else { return "[]" }
        if let start = Int64.fromDatabaseValue(values[0]), let end = Int64.fromDatabaseValue(values[1]) {
            let step = values.count > 2 ? Int64.fromDatabaseValue(values[2]) : 1
            guard let step, step != 0 else { throw DatetimeError.invalid("step size cannot equal zero") }
            let isEmpty = step > 0 ? start > end : start < end
            let count = isEmpty ? 0 : (Int128(end) - Int128(start)) / Int128(step) + 1
            guard count <= maximum else { throw tooMany }
            // A product may be beyond 64 bits where the sum is not.
            return JSONText.array((0..<Int64(count)).map { String(start &+ $0 &* step) })
        }
        return try moments(values)
    }

    private static func moments(_ values: [DatabaseValue]) throws -> String {
        guard values.count == 3, let start = values[0].asText.flatMap({ DatetimeValue($0) })?.moment,
            let end = values[1].asText.flatMap({ DatetimeValue($0) })?.moment,
            let step = values[2].asText.flatMap({ PostgresInterval(text: $0) })
        else {
            throw DatetimeError.invalid("generate_series is of integers, or of timestamps with an interval as its step")
        }
        guard step.length != 0 else { throw DatetimeError.invalid("step size cannot equal zero") }
        var texts: [String] = []
        var moment = DatetimeValue.timestamp(start)
        while let now = moment.moment, step.length > 0 ? now <= end : now >= end {
            guard texts.count < maximum, let text = moment.text else { throw tooMany }
            texts.append(JSONText.string(text))
            moment = try moment.adding(step)
        }
        return JSONText.array(texts)
    }

    private static var tooMany: DatabaseError {
        DatabaseError(resultCode: .SQLITE_TOOBIG, message: "generate_series makes at most 1,000,000 rows here")
    }
}
