// `-` and `#-`
extension JSONDocument {
    /// The document without some members of an object, or without the strings of an array that are such a text
    /// (PostgreSQL's manual, table 9.46); nil for what is neither.
    func without(_ names: [String], _ work: inout FunctionWork) throws(FunctionWork.Ended) -> String? {
        guard !isScalar(0) else { return nil }
        return text(0, without: try nodes(named: names, in: 0, &work))
    }

    /// The array without an element, counted from its end where the number is negative; nil for what is no array.
    func without(element number: Int, _ work: inout FunctionWork) throws(FunctionWork.Ended) -> String? {
        guard nodes[0].kind == .array else { return nil }
        let node = try node(along: ["\(number)"], &work)
        return text(0, without: node.map { [$0] } ?? [])
    }

    /// The document without what a path leads to; nil for what is neither an object nor an array.
    func without(at path: [String?], _ work: inout FunctionWork) throws(FunctionWork.Ended) -> String? {
        guard !isScalar(0) else { return nil }
        guard let last = path.last, let step = last, try node(along: path, &work) != nil,
            let container = try node(along: Array(path.dropLast()), &work)
        else { return source(0) }
        let removed: Set<Int>
        if nodes[container].kind == .object {
            removed = try nodes(named: [step], in: container, &work)
        } else {
            removed = try node(along: path, &work).map { [$0] } ?? []
        }
        let bounds = Int(nodes[container].start)..<Int(nodes[container].end)
        return String(decoding: text[..<bounds.lowerBound], as: UTF8.self) + text(container, without: removed)
            + String(decoding: text[bounds.upperBound...], as: UTF8.self)
    }

    /// The keys of an object, or the strings of an array, that are one of these.
    private func nodes(
        named names: [String], in container: Int, _ work: inout FunctionWork
    ) throws(FunctionWork.Ended) -> Set<Int> {
        let wanted = Set(names.map { Array($0.utf8) })
        let isObject = nodes[container].kind == .object
        var found: Set<Int> = []
        for node in isObject ? Array(keys(container)) : Array(elements(container)) where nodes[node].kind == .string {
            let name = try scalar(node, &work)
            if wanted.contains(name.bytes) { found.insert(node) }
        }
        return found
    }

    /// An object without some of its keys, an array without some of its elements.
    private func text(_ container: Int, without removed: Set<Int>) -> String {
        if nodes[container].kind == .object {
            let members = keys(container).filter { !removed.contains($0) }.map { source($0) + ":" + source($0 + 1) }
            return "{" + members.joined(separator: ",") + "}"
        }
        let kept = elements(container).filter { !removed.contains($0) }.map { source($0) }
        return "[" + kept.joined(separator: ",") + "]"
    }
}
