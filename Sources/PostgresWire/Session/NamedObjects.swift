/// Something that takes memory of a session.
@usableFromInline
protocol SizedObject {
    /// About how many bytes.
    var byteCount: Int { get }
}

/// Prepared statements or portals by their names; the empty name is the unnamed one.
@usableFromInline
struct NamedObjects<Object: SizedObject> {
    @usableFromInline var unnamed: Object?
    @usableFromInline var named: [String: Object] = [:]
    /// What all of them take together.
    @usableFromInline var byteCount = 0

    @inlinable
    init() {}

    /// How many there are, the unnamed one included.
    @inlinable var count: Int { named.count + (unnamed == nil ? 0 : 1) }

    @inlinable subscript(name: String) -> Object? {
        get { name.isEmpty ? unnamed : named[name] }
        set {
            byteCount += (newValue?.byteCount ?? 0) - (self[name]?.byteCount ?? 0)
            if name.isEmpty { unnamed = newValue } else { named[name] = newValue }
        }
    }

    /// All of them, in no order.
    @inlinable var all: [Object] { Array(named.values) + (unnamed.map { [$0] } ?? []) }

    @inlinable
    mutating func removeAll() {
        unnamed = nil
        if !named.isEmpty { named.removeAll() }
        byteCount = 0
    }

    /// Changes each in place.
    @inlinable
    mutating func update(_ body: (inout Object) -> Void) {
        if var object = unnamed {
            body(&object)
            unnamed = object
        }
        for index in named.indices { body(&named.values[index]) }
        byteCount = all.reduce(0) { $0 + $1.byteCount }
    }
}

extension NamedObjects: Sendable where Object: Sendable {}
