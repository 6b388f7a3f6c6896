/// Bytes from text such as `01 02 ff`; everything in a line behind two spaces is an explanation.
func hex(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for line in text.split(separator: "\n") {
        let end = line.firstRange(of: "  ")?.lowerBound ?? line.endIndex
        for pair in line[..<end].split(separator: " ") { bytes.append(UInt8(pair, radix: 16) ?? 0) }
    }
    return bytes
}

func hexText(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
}
