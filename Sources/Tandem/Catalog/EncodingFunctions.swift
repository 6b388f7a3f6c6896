import Foundation
import GRDB

/// `convert_from` and `convert_to`: texts are in UTF-8 here, and no other encoding is known.
enum EncodingFunctions {
    static let all = [
        DatetimeFunctions.strict("tandem_convert_from", 2) { values in
            try check(values[1], "source")
            guard case .blob(let bytes) = values[0].storage else { return values[0].asText }
            guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
                throw DatetimeError.invalid("invalid byte sequence for encoding \"UTF8\": \(firstInvalid(bytes))")
            }
            return text
        },
        DatetimeFunctions.strict("tandem_convert_to", 2) { values in
            try check(values[1], "destination")
            return Data((values[0].asText ?? "").utf8)
        },
    ]

    private static func check(_ name: DatabaseValue, _ side: String) throws {
        let name = name.asText ?? ""
        let plain = name.lowercased().filter { $0.isLetter || $0.isNumber }
        guard plain == "utf8" || plain == "unicode" else {
            throw DatetimeError.invalid("invalid \(side) encoding name \"\(name)\": only UTF8 is known here")
        }
    }

    /// The first byte that is none of UTF-8, or is the character 0, as PostgreSQL writes it.
    private static func firstInvalid(_ bytes: Data) -> String {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var place = bytes.startIndex
        while place < bytes.endIndex, case .scalarValue(let scalar) = decoder.decode(&iterator), scalar != "\0" {
            place += UTF8.width(scalar)
        }
        let byte = place < bytes.endIndex ? bytes[place] : 0
        return "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
