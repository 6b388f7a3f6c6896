/// Prepared statements or portals by their names; the empty name is the unnamed one.
@usableFromInline
struct NamedObjects<Object> {
    @usableFromInline var unnamed: Object?
    @usableFromInline var named: [String: Object] = [:]

    @inlinable
    init() {}

    /// How many there are, the unnamed one included.
    @inlinable var count: Int { named.count + (unnamed == nil ? 0 : 1) }

    @inlinable subscript(name: String) -> Object? {
        get { name.isEmpty ? unnamed : named[name] }
        _modify {
            if name.isEmpty { yield &unnamed } else { yield &named[name] }
        }
    }

    @inlinable
    mutating func removeAll() {
        unnamed = nil
        if !named.isEmpty { named.removeAll() }
    }

    /// Changes each in place.
    @inlinable
    mutating func update(_ body: (inout Object) -> Void) {
        if var object = unnamed {
            body(&object)
            unnamed = object
        }
        for index in named.indices { body(&named.values[index]) }
    }

    /// Removes those that `condition` is true of.
    @inlinable
    mutating func removeAll(where condition: (Object) -> Bool) {
        if let object = unnamed, condition(object) { unnamed = nil }
        if !named.isEmpty { named = named.filter { !condition($0.value) } }
    }
}

extension NamedObjects: Sendable where Object: Sendable {}
