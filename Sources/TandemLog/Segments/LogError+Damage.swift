extension LogError {
    /// Damage to what was durable, with the way out.
    static func damage(_ what: String, file: String, offset: Int) -> LogError {
        LogError(
            .damaged,
            "\(what) Nothing was changed. Check the disk.",
            file: file, offset: UInt64(max(0, offset)))
    }

    /// A place behind record `last` that ought to hold the next one.
    ///
    /// - Parameters:
    ///   - fault: what lies there instead; nil for zeros.
    ///   - proof: a sentence that says how that is known.
    static func damage(
        behind last: LogIndex, _ fault: String?, proof: String? = nil, file: any File, offset: Int
    ) -> LogError {
        damage(
            "The log is damaged behind record \(last): \(SegmentItem.reason(fault)).\(proof.map { " " + $0 } ?? "")",
            file: file.path, offset: offset)
    }
}
