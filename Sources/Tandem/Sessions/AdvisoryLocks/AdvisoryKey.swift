/// What an advisory lock is called: a number, or two, whose meaning is the clients' own.
struct AdvisoryKey: Hashable, Sendable {
    /// The upper half of one number, or the first of two.
    let classID: UInt32
    /// The lower half, or the second.
    let objectID: UInt32
    /// Whether it is two numbers: those are other locks than those of one.
    let isPair: Bool

    init(_ number: Int64) {
        let bits = UInt64(bitPattern: number)
        classID = UInt32(truncatingIfNeeded: bits >> 32)
        objectID = UInt32(truncatingIfNeeded: bits)
        isPair = false
    }

    init(_ first: Int32, _ second: Int32) {
        classID = UInt32(bitPattern: first)
        objectID = UInt32(bitPattern: second)
        isPair = true
    }
}
