import PostgresWire

/// Brings nodes to one index of the log, and keeps the state that they have there in sight.
///
/// All others hold their applier; then the reference's state is taken, and each of the others applies up to the same index
/// and is held there for as long as it takes to begin a reading transaction. The nodes go on, and what is compared stays as
/// it was.
struct Sitting {
    let reference: VerifiedNode
    private(set) var others: [VerifiedNode]
    /// Where all stand.
    private(set) var index: UInt64 = 0
    private let began = ContinuousClock.now

    /// For so long the nodes' states are kept in sight: their write-ahead logs grow meanwhile.
    private static let longest = Duration.seconds(20)
    /// For so long a replica that is behind is waited for.
    private static let patience = Duration.seconds(60)
    /// For so long one that is behind and follows nobody.
    private static let hearingPatience = Duration.seconds(3)

    var isOver: Bool { began.duration(to: .now) > Self.longest }

    /// - Parameters:
    ///   - notMet: is told of nodes that cannot be read, and why.
    ///   - leftOut: is told of nodes that do not come because they follow nobody, and why.
    init(
        _ reference: VerifiedNode, _ others: [VerifiedNode], progress: (String) -> Void,
        notMet: (VerifiedNode, PostgresError) -> Void, leftOut: (VerifiedNode, String) -> Void
    ) async throws {
        self.reference = reference
        self.others = []
        var coming: [VerifiedNode] = []
        for node in others {
            if let reason = try await Self.obstacle(of: node, to: reference, progress) {
                leftOut(node, reason)
            } else {
                coming.append(node)
            }
        }
        for node in coming {
            do {
                try await node.hold()
                self.others.append(node)
            } catch let error as PostgresError where VerifyReport.isDamage(error) {
                notMet(node, error)
            }
        }
        while try await !meet(progress) {
            guard began.duration(to: .now) < Self.patience else {
                throw VerifyFailure(
                    description:
                        "the nodes do not come to stand at one record within \(Self.patience): is a replica too far behind?"
                )
            }
        }
    }

    /// Why a node does not come to where the reference is: it waits for somebody to follow, longer than to find one again
    /// takes. Nil if it comes.
    private static func obstacle(
        of node: VerifiedNode, to reference: VerifiedNode, _ progress: (String) -> Void
    ) async throws -> String? {
        let index = try await reference.applied()
        let end = ContinuousClock.now + hearingPatience
        while let reason = try await node.obstacle(to: index) {
            guard ContinuousClock.now < end else { return reason }
            progress("waiting for \(node.address) to follow somebody")
            try await Task.sleep(for: .milliseconds(100))
        }
        return nil
    }

    /// - Returns: whether all nodes' states are those of one index. Otherwise none is in sight.
    private mutating func meet(_ progress: (String) -> Void) async throws -> Bool {
        index = try await reference.begin()
        for (place, node) in others.enumerated() {
            let isMet = try await reach(node, waitingWith: [reference] + others[..<place], progress)
            guard isMet else {
                for node in [reference] + others[..<place] { try await node.end() }
                return false
            }
        }
        return true
    }

    /// Has one node come to the index, and takes its state.
    ///
    /// - Returns: whether it could; one that is beyond it cannot, until the reference is there, too.
    private func reach(
        _ node: VerifiedNode, waitingWith met: [VerifiedNode], _ progress: (String) -> Void
    ) async throws -> Bool {
        while try await !node.hold(at: index) {
            guard try await node.applied() < index, began.duration(to: .now) < Self.patience else { return false }
            progress("waiting for \(node.address) to apply record \(index)")
            for node in met { try await node.stay() }
        }
        let isMet = try await node.begin() == index
        try await node.release()
        if !isMet { try await node.end() }
        return isMet
    }

    /// Lets the nodes go.
    func end() async throws {
        for node in [reference] + others { try await node.end() }
    }
}
