import GRDB
import PostgresWire
import TandemSQLite

/// What a statement's text can be made to do: its translation, and the functions that translations call. The first byte
/// chooses; two inputs are two lines.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let bytes, count > 0 else { return 0 }
    let text = String(decoding: UnsafeBufferPointer(start: bytes + 1, count: count - 1), as: UTF8.self)
    let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let (first, second) = (lines[0], lines.count > 1 ? lines[1] : "")
    switch Character(Unicode.Scalar(bytes[0])) {
    case "d": datetimes(first, second)
    case "c": _ = DatetimeValue(second).map { try? DatetimePattern(first).text(of: $0) }
    case "t": _ = try? DatetimePattern(first).moment(of: second)
    case "n": numbers(first, second)
    case "r": expression(first, second)
    case "s": expression(SimilarPattern.regularExpression(first), second)
    case "j": documents(first, second)
    case "f": _ = FormatText(first).map { try? $0.text([second, nil, first]) }
    case "a": _ = ArrayText(first).map { ($0.literal, $0.ofNumbers.json, ArrayText($0.json) != nil) }
    default: statements(text)
    }
    return 0
}

/// What is said of each piece of a translation is true, and no translation is out of proportion.
private func statements(_ text: String) {
    var text = text
    for range in text.withUTF8({ Array(StatementSplitter($0)) }) {
        var source = text.bytes(range)
        let tokens = source.withUTF8 { Array(SQLTokenizer($0)) }
        guard !tokens.isEmpty else { continue }
        do throws(PostgresError) {
            try StatementDepth.check(source, tokens)
            // Whatever the columns of its tables are.
            let typer = ExpressionTyper(scope: StatementScope(SQLItem.items(of: source))) { _ in
                ["a": .jsonb, "b": .bool, "c": .text, "x": .json, "d": .timestamp]
            }
            _ = typer.query(typer.items.indices, column: 0)
            precondition(ParameterTyper(typer) { $0 == "u" ? nil : ["a", "b"] }.types.count <= tokens.count)
            let computing = TypedPlaces(parameters: [1: .interval, 2: .timestamp, 3: .time])
            for places in [TypedPlaces(), TypedPlaces(typer), computing] {
                let translated = try Dialect.translate(source, tokens[...], places)
                precondition(translated.byteCount == translated.text.utf8.count)
                precondition(translated.byteCount < 8 << 20)
                precondition(translated.pieces.allSatisfy { (0...source.utf8.count).contains($0.source ?? 0) })
            }
        } catch {
            precondition(!error.message.isEmpty)
        }
    }
}

private func datetimes(_ first: String, _ second: String) {
    guard let one = DatetimeValue(first) else { return }
    // A text that is written is read as the same.
    if let text = one.text, case .date = one { precondition(DatetimeValue(text) == one) }
    if let text = one.text, case .timestamp = one { precondition(DatetimeValue(text)?.moment == one.moment) }
    for part in ["epoch", "julian", "week", "isoyear", "doy", "century", "decade", "second", "quarter"] {
        _ = try? one.part(part)
    }
    for unit in ["week", "quarter", "decade", "century", "millennium", "hour"] { _ = try? one.truncated(to: unit).text }
    let number = DatetimeOperand.number(Double(second) ?? 0.1)
    let other = DatetimeValue(second).map { DatetimeOperand.datetime($0) } ?? number
    for operation in [(+), (-), (*), (/)] as [(DatetimeOperand, DatetimeOperand) throws -> DatetimeOperand] {
        for (left, right) in [(.datetime(one), other), (other, .datetime(one)), (.datetime(one), number)] {
            guard case .datetime(let value)? = try? operation(left, right) else { continue }
            _ = value.text
        }
    }
    guard let moment = one.moment, let earlier = DatetimeValue(second)?.moment else { return }
    _ = DatetimeValue.age(moment, earlier).text
    if let period = try? DatetimePeriod(.datetime(one), other) { precondition(period.overlaps(period)) }
}

private func numbers(_ pattern: String, _ number: String) {
    guard let digits = DecimalDigits(number.databaseValue), let pattern = try? NumberPattern(pattern) else { return }
    _ = pattern.text(of: digits)
}

/// Some steps are enough here.
private func work() -> FunctionWork {
    var looks = 0
    return FunctionWork {
        looks += 1
        return looks > 10
    }
}

/// It matches where a match is found, which lies in the text.
private func expression(_ pattern: String, _ text: String) {
    guard let expression = try? RegularExpression(pattern) else { return }
    precondition(expression.program.count < 2 * RegularExpression.maximumSize)
    let subject = SubjectText(text, ignoresCase: expression.ignoresCase)
    var steps = work()
    guard let isMatch = try? expression.matches(subject, &steps) else { return }
    steps = work()
    guard let matches = try? expression.allMatches(in: subject, &steps) else { return }
    precondition(isMatch == !matches.isEmpty)
    var end = 0
    for match in matches {
        precondition(match.range.lowerBound >= end && match.range.upperBound <= subject.count)
        precondition(
            match.groups.allSatisfy {
                $0.map { match.range.lowerBound <= $0.lowerBound && $0.upperBound <= match.range.upperBound } ?? true
            })
        end = match.range.upperBound
    }
}

/// A document holds itself, and all that paths lead to is a document.
private func documents(_ first: String, _ second: String) {
    var steps = work()
    guard let one = try? JSONDocument(first, &steps) else { return }
    if let isHeld = try? one.contains(one, &steps) { precondition(isHeld) }
    for step in [second, "0", "-1", "a"] {
        guard let node = try? one.node(along: [step], &steps) else { continue }
        var more = work()
        guard let inner = try? JSONDocument(one.source(node), &more) else { preconditionFailure("no document") }
        precondition(inner.nodes.count <= one.nodes.count)
    }
    // What something is taken out of is a document still.
    let rests = [
        try? one.without([second], &steps), try? one.without(element: -1, &steps),
        try? one.without(at: [second], &steps),
    ]
    for case let rest? in rests {
        var more = work()
        if let document = try? JSONDocument(rest, &more) { precondition(document.nodes.count <= one.nodes.count) }
    }
    guard let other = try? JSONDocument(second, &steps) else { return }
    _ = try? one.contains(other, &steps)
}
