import Foundation
import GRDB
import PostgresWire

/// PostgreSQL's functions of texts, as far as SQLite has none that does the same (its manual, 9.4). Places and lengths
/// count code points.
enum TextFunctions {
    static let all = joining + cutting + characters + bytes + EncodingFunctions.all + digests + comparing

    private static let joining = [
        DatabaseFunction("tandem_concat", pure: true) { values in values.compactMap(\.asText).joined() },
        DatabaseFunction("tandem_concat_ws", pure: true) { values in
            guard let separator = values.first?.asText else { return nil }
            return values.dropFirst().compactMap(\.asText).joined(separator: separator)
        },
        DatetimeFunctions.strict("tandem_lpad", 3) { values in
            let (text, length, fill) = try padding(values)
            let missing = length - text.count
            return missing > 0 ? string(repeated(fill, missing) + text) : string(text.prefix(length))
        },
        DatetimeFunctions.strict("tandem_rpad", 3) { values in
            let (text, length, fill) = try padding(values)
            let missing = length - text.count
            return missing > 0 ? string(text + repeated(fill, missing)) : string(text.prefix(length))
        },
        DatetimeFunctions.strict("tandem_repeat", 2) { values in
            let text = values[0].asText ?? ""
            let count = max(0, Int.fromDatabaseValue(values[1]) ?? 0)
            try bound(text.utf8.count.multipliedReportingOverflow(by: count).partialValue, count)
            return String(repeating: text, count: count)
        },
    ]

    private static let cutting = [
        DatetimeFunctions.strict("tandem_left", 2) { values in
            let (text, count) = part(values)
            return string(count >= 0 ? text.prefix(count) : text.dropLast(-count))
        },
        DatetimeFunctions.strict("tandem_right", 2) { values in
            let (text, count) = part(values)
            return string(count >= 0 ? text.suffix(count) : text.dropFirst(-count))
        },
        DatetimeFunctions.strict("tandem_split_part", 3) { values in
            guard let number = Int.fromDatabaseValue(values[2]), number != 0 else {
                throw DatetimeError.invalid("field position must not be zero")
            }
            let (text, separator) = (values[0].asText ?? "", values[1].asText ?? "")
            let parts = separator.isEmpty ? [text] : text.components(separatedBy: separator)
            let place = number > 0 ? number - 1 : parts.count + number
            return parts.indices.contains(place) ? parts[place] : ""
        },
        DatetimeFunctions.strict("tandem_overlay", 4) { values in
            let text = scalars(values[0])
            guard let start = Int.fromDatabaseValue(values[2]), start > 0, let count = Int.fromDatabaseValue(values[3]),
                count >= 0, start < 1 << 31, count < 1 << 31
            else { throw DatetimeError.invalid("negative substring length not allowed") }
            return string(text.prefix(start - 1) + scalars(values[1]) + text.dropFirst(start - 1 + count))
        },
    ]

    private static let characters = [
        DatetimeFunctions.strict("tandem_initcap", 1) { values in
            var isInside = false
            return (values[0].asText ?? "").reduce(into: "") { result, character in
                result += isInside ? character.lowercased() : character.uppercased()
                isInside = character.isLetter || character.isNumber
            }
        },
        DatetimeFunctions.strict("tandem_reverse", 1) { values in string(scalars(values[0]).reversed()) },
        DatetimeFunctions.strict("tandem_translate", 3) { values in
            let to = Array(scalars(values[2]))
            // Of a character that is there twice, the first one counts.
            let places = Dictionary(scalars(values[1]).enumerated().map { ($1, $0) }) { first, _ in first }
            return string(
                scalars(values[0]).compactMap { scalar in
                    guard let place = places[scalar] else { return scalar }
                    return to.indices.contains(place) ? to[place] : nil
                })
        },
    ]

    private static let bytes = [
        DatetimeFunctions.strict("tandem_encode", 2) { values in
            switch values[1].asText?.lowercased() {
            case "hex": return hexadecimal(data(values[0]))
            case "base64":
                return data(values[0]).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed])
            default: throw DatetimeError.invalid("unrecognized encoding: only hex and base64 are known here")
            }
        },
        DatetimeFunctions.strict("tandem_decode", 2) { values in
            let text = (values[0].asText ?? "").filter { !$0.isWhitespace }
            switch values[1].asText?.lowercased() {
            case "hex":
                guard let data = hexadecimal(text) else { throw DatetimeError.invalid("invalid hexadecimal data") }
                return data
            case "base64":
                guard let data = Data(base64Encoded: text) else { throw DatetimeError.invalid("invalid base64 data") }
                return data
            default: throw DatetimeError.invalid("unrecognized encoding: only hex and base64 are known here")
            }
        },
    ]

    private static let digests = [
        DatetimeFunctions.strict("tandem_md5", 1) { values in hexadecimal(Digest.md5(of: data(values[0]))) },
        DatetimeFunctions.strict("tandem_sha256", 1) { values in Data(Digest.sha256(of: data(values[0]))) },
        DatetimeFunctions.strict("tandem_hashtext", 1) { values in
            Int(TextHash(Array((values[0].asText ?? "").utf8)).short)
        },
        DatetimeFunctions.strict("tandem_hashtextextended", 2) { values in
            TextHash(Array((values[0].asText ?? "").utf8), seed: Int64.fromDatabaseValue(values[1]) ?? 0).long
        },
    ]

    /// NULLs do not count, unlike in SQLite's `max` and `min` of several arguments.
    private static let comparing = [
        DatabaseFunction("tandem_greatest", pure: true) { values in
            values.filter { !$0.isNull }.max(by: OrderedAggregate.precedes)
        },
        DatabaseFunction("tandem_least", pure: true) { values in
            values.filter { !$0.isNull }.min(by: OrderedAggregate.precedes)
        },
        DatetimeFunctions.strict("tandem_mod", 2) { values in
            if case .int64(let one) = values[0].storage, case .int64(let other) = values[1].storage {
                guard other != 0 else { throw DatetimeError.divisionByZero }
                return other == -1 ? 0 : one % other
            }
            guard let one = Double.fromDatabaseValue(values[0]), let other = Double.fromDatabaseValue(values[1]) else {
                return nil
            }
            guard other != 0 else { throw DatetimeError.divisionByZero }
            return one.truncatingRemainder(dividingBy: other)
        },
    ]

    /// What lies before the first character counts, as in PostgreSQL; in SQLite it would count from the end.
    static func substring(of text: String, from start: Int, _ count: Int) throws -> String {
        guard count >= 0 else { throw DatetimeError.invalid("negative substring length not allowed") }
        let first = max(start, 1)
        // Of a place before the first character less is left; a sum that is no Int lies behind every text.
        let (end, overflow) = start.addingReportingOverflow(count)
        return string(text.unicodeScalars.dropFirst(first - 1).prefix(overflow ? .max : end > first ? end - first : 0))
    }

    private static func data(_ value: DatabaseValue) -> Data {
        if case .blob(let data) = value.storage { return data }
        return Data((value.asText ?? "").utf8)
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func scalars(_ value: DatabaseValue) -> ArraySlice<Unicode.Scalar> {
        Array((value.asText ?? "").unicodeScalars)[...]
    }

    private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }

    private static func part(_ values: [DatabaseValue]) -> (ArraySlice<Unicode.Scalar>, Int) {
        (scalars(values[0]), max(-1 << 31, min(1 << 31, Int.fromDatabaseValue(values[1]) ?? 0)))
    }

    private static func padding(_ values: [DatabaseValue]) throws -> (
        ArraySlice<Unicode.Scalar>, Int, ArraySlice<Unicode.Scalar>
    ) {
        let length = max(0, Int.fromDatabaseValue(values[1]) ?? 0)
        try bound(length, length)
        return (scalars(values[0]), length, scalars(values[2]))
    }

    private static func repeated(_ fill: ArraySlice<Unicode.Scalar>, _ count: Int) -> [Unicode.Scalar] {
        guard !fill.isEmpty else { return [] }
        return (0..<count).map { fill[fill.startIndex + $0 % fill.count] }
    }

    /// A few letters must not become gigabytes.
    private static func bound(_ length: Int, _ count: Int) throws {
        guard length >= 0, length <= 16 << 20, count <= 16 << 20 else {
            throw DatabaseError(resultCode: .SQLITE_TOOBIG, message: "requested length too large: at most 16 MiB")
        }
    }

    private static func hexadecimal(_ text: String) -> Data? {
        let digits = text.utf8.map { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count % 2 == 0, digits.allSatisfy({ $0 != nil }) else { return nil }
        return Data(stride(from: 0, to: digits.count, by: 2).map { (digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0) })
    }
}
