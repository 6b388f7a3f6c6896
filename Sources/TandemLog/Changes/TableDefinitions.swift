/// The table definitions in force at a place in the log.
public struct TableDefinitions: Sendable {
    /// What decoding a row needs to know, without a reference to count.
    struct Layout {
        var isDefined = false
        var isRowid = false
        var valueCount: Int32 = 0
        var keyCount: Int32 = 0
    }

    private var definitions: [UInt32: TableDefinition] = [:]
    private var layouts: [Layout] = []

    public init() {}

    /// The definition of table `number`; nil if there is none in force.
    public subscript(number: UInt32) -> TableDefinition? { definitions[number] }

    /// All definitions in force, by number.
    public var all: [TableDefinition] { definitions.values.sorted { $0.number < $1.number } }

    /// Puts `definition` in force, in place of one with the same number.
    public mutating func define(_ definition: TableDefinition) {
        let number = Int(definition.number)
        if number >= layouts.count {
            layouts.append(contentsOf: repeatElement(Layout(), count: number + 1 - layouts.count))
        }
        let values = definition.valueColumns
        layouts[number] = Layout(
            isDefined: true, isRowid: definition.kind == .rowid, valueCount: Int32(values.count),
            keyCount: Int32(values.count { $0.isPrimaryKey }))
        definitions[definition.number] = definition
    }

    /// Forgets all definitions: a segment begins.
    public mutating func removeAll() {
        definitions.removeAll(keepingCapacity: true)
        layouts.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    func layout(_ number: UInt64) throws(Malformation) -> Layout {
        guard number < UInt64(layouts.count), layouts[Int(number)].isDefined else { throw .unknownTable }
        return layouts[Int(number)]
    }
}
