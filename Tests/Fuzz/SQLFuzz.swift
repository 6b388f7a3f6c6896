/// Any bytes as SQL: tokens lie one behind the other within the text, statements too, and every kind is found.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = UnsafeBufferPointer(start: bytes, count: count)
    var end = 0
    for token in SQLTokenizer(text) {
        precondition(token.range.lowerBound >= end && token.range.upperBound <= count && !token.range.isEmpty)
        end = token.range.upperBound
    }
    end = 0
    for range in StatementSplitter(text) {
        precondition(range.lowerBound >= end && range.upperBound <= count)
        end = range.upperBound
        _ = StatementKind(text, from: range.lowerBound)
    }
    return 0
}
