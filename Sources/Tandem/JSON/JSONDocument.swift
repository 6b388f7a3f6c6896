/// A JSON document, as far as operators have to look into it: its values as they lie one behind the other in its text.
struct JSONDocument {
    enum Kind: UInt8 {
        case null, boolean, number, string, array, object
    }

    /// A value. Those inside of it follow it, in an object each behind its key.
    struct Node {
        var kind: Kind
        /// Its bytes in the text.
        var start: UInt32
        var end: UInt32
        /// The node behind it and all that is inside of it.
        var next: Int
    }

    let text: [UInt8]
    /// At least one.
    let nodes: [Node]

    /// Nil for what is no JSON.
    init?(_ text: String, _ work: inout FunctionWork) throws(FunctionWork.Ended) {
        guard text.utf8.count < UInt32.max else { throw .tooLong }
        var reader = JSONReader(Array(text.utf8))
        guard let nodes = try reader.read(&work) else { return nil }
        self.text = reader.text
        self.nodes = nodes
    }

    /// A value's text, as it stands in the document.
    func source(_ node: Int) -> String { String(decoding: bytes(node), as: UTF8.self) }

    func bytes(_ node: Int) -> ArraySlice<UInt8> { text[Int(nodes[node].start)..<Int(nodes[node].end)] }

    /// The elements of an array.
    func elements(_ array: Int) -> some Sequence<Int> {
        sequence(state: array + 1) { [nodes] place -> Int? in
            guard place < nodes[array].next else { return nil }
            defer { place = nodes[place].next }
            return place
        }
    }

    /// The keys of an object; each one's value follows it.
    func keys(_ object: Int) -> some Sequence<Int> {
        sequence(state: object + 1) { [nodes] place -> Int? in
            guard place < nodes[object].next else { return nil }
            defer { place = nodes[place + 1].next }
            return place
        }
    }

    func isScalar(_ node: Int) -> Bool {
        switch nodes[node].kind {
        case .null, .boolean, .number, .string: true
        case .array, .object: false
        }
    }

    /// What keys and numbers lead to, one after the other; nil where they lead nowhere.
    func node(along steps: [String?], _ work: inout FunctionWork) throws(FunctionWork.Ended) -> Int? {
        var place = 0
        for step in steps {
            guard let step, let next = try child(of: place, step, &work) else { return nil }
            place = next
        }
        return place
    }

    private func child(of node: Int, _ step: String, _ work: inout FunctionWork) throws(FunctionWork.Ended) -> Int? {
        switch nodes[node].kind {
        case .object:
            let wanted = Array(step.utf8)
            var found: Int?
            // Of a key that is there twice, the last one counts.
            for key in keys(node) {
                let name = try scalar(key, &work)
                if name.bytes == wanted { found = key + 1 }
            }
            return found
        case .array:
            guard let number = Int(step) else { return nil }
            let places = Array(elements(node))
            try work.take(places.count)
            let index = number < 0 ? places.count + number : number
            return places.indices.contains(index) ? places[index] : nil
        case .null, .boolean, .number, .string: return nil
        }
    }
}
