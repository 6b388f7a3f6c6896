// `||`
extension JSONDocument {
    /// This document and another one as one (PostgreSQL's manual, table 9.46): of two objects the members of both, the
    /// other's for keys that both have; of all others an array of the elements of both, where a value that is no array
    /// is an element.
    func joined(with other: JSONDocument, _ work: inout FunctionWork) throws(FunctionWork.Ended) -> String {
        try work.take((text.count + other.text.count) / 16)
        guard nodes[0].kind == .object, other.nodes[0].kind == .object else {
            return "[" + (try items(&work) + other.items(&work)).joined(separator: ",") + "]"
        }
        var places: [[UInt8]: Int] = [:]
        var members: [String] = []
        for document in [self, other] {
            for key in document.keys(0) {
                let name = try document.scalar(key, &work).bytes
                let member = document.source(key) + ":" + document.source(key + 1)
                if let place = places[name] {
                    members[place] = member
                } else {
                    places[name] = members.count
                    members.append(member)
                }
            }
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// What it is in an array: its elements, or itself.
    private func items(_ work: inout FunctionWork) throws(FunctionWork.Ended) -> [String] {
        guard nodes[0].kind == .array else { return [source(0)] }
        var items: [String] = []
        for element in elements(0) {
            try work.take()
            items.append(source(element))
        }
        return items
    }
}
