/// As of when tables are defined in the log: they have to be defined anew with each reign, and with each segment.
struct TableGeneration {
    /// Grows by one whenever they have to be.
    private(set) var number: UInt64 = 0
    /// Whether the first group of this generation begins a segment.
    private var beginsSegment = false

    /// This node may write from now on.
    mutating func reignBegan() {
        number += 1
    }

    /// The generation of the next group.
    ///
    /// - Parameter inNewSegment: whether the log begins a segment with what is appended next.
    mutating func next(inNewSegment: Bool) -> UInt64 {
        if inNewSegment, !beginsSegment {
            beginsSegment = true
            number += 1
        }
        return number
    }

    /// A group of this generation is appended.
    ///
    /// - Returns: whether it begins a segment.
    mutating func groupAppended() -> Bool {
        defer { beginsSegment = false }
        return beginsSegment
    }
}
