/// Numbers of bytes as people write them: `20MB`, `1.5GB`, `64MiB`; a bare number means bytes.
enum ByteCountText {
    private static let units: [String: Double] = [
        "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 1024, "mib": 1_048_576,
        "gib": 1_073_741_824, "tib": 1_099_511_627_776,
    ]

    static func parse(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isNumber || $0 == "." }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        guard let number = Double(digits), number >= 0, let factor = units[unit] else { return nil }
        let count = number * factor
        return count < 1e18 ? UInt64(count.rounded()) : nil
    }
}
