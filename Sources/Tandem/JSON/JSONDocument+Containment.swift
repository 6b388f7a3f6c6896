// `@>`
extension JSONDocument {
    /// Whether all of the other is in this at the same places (PostgreSQL's manual, 8.14.3). An array may hold a single
    /// value.
    func contains(_ other: JSONDocument, _ work: inout FunctionWork) throws(FunctionWork.Ended) -> Bool {
        guard nodes[0].kind == .array, other.isScalar(0) else { return try contains(0, other, 0, &work) }
        let all = Array(elements(0))
        try work.take(all.count)
        return try scalars(all, &work).contains(try other.scalar(0, &work))
    }

    private func contains(
        _ node: Int, _ other: JSONDocument, _ wanted: Int, _ work: inout FunctionWork
    ) throws(FunctionWork.Ended) -> Bool {
        try work.take()
        switch (nodes[node].kind, other.nodes[wanted].kind) {
        case (.object, .object):
            let members = try members(node, &work)
            for (key, value) in try other.members(wanted, &work) {
                guard let own = members[key], try contains(own, other, value, &work) else { return false }
            }
            return true
        case (.array, .array): return try containsElements(node, other, wanted, &work)
        case (.array, _), (.object, _), (_, .array), (_, .object): return false
        default: return try scalar(node, &work) == other.scalar(wanted, &work)
        }
    }

    private func containsElements(
        _ array: Int, _ other: JSONDocument, _ wanted: Int, _ work: inout FunctionWork
    ) throws(FunctionWork.Ended) -> Bool {
        let all = Array(elements(array))
        // They are looked at twice, and for each array they are compared with.
        try work.take(2 * all.count)
        let scalars = try scalars(all, &work)
        let others = all.filter { !isScalar($0) }
        for element in other.elements(wanted) {
            if other.isScalar(element) {
                guard scalars.contains(try other.scalar(element, &work)) else { return false }
                continue
            }
            var isFound = false
            for own in others {
                isFound = try contains(own, other, element, &work)
                if isFound { break }
            }
            guard isFound else { return false }
        }
        return true
    }

    /// Those of some nodes that are scalars.
    private func scalars(_ nodes: [Int], _ work: inout FunctionWork) throws(FunctionWork.Ended) -> Set<JSONScalar> {
        var scalars: Set<JSONScalar> = []
        for element in nodes where isScalar(element) { scalars.insert(try scalar(element, &work)) }
        return scalars
    }

    /// The values of an object by their keys; of a key that is there twice, the last one counts.
    private func members(_ object: Int, _ work: inout FunctionWork) throws(FunctionWork.Ended) -> [[UInt8]: Int] {
        var members: [[UInt8]: Int] = [:]
        for key in keys(object) { members[try scalar(key, &work).bytes] = key + 1 }
        return members
    }
}
