/// Who has which advisory locks, and who waits for one: first come, first served, as in PostgreSQL.
///
/// An owner is a session, by its process ID. It waits for one lock at most.
struct AdvisoryLockTable {
    enum Mode: Sendable { case exclusive, shared }

    /// How long a lock is kept: until it is given back or its session ends, or to the end of the transaction.
    enum Scope: Sendable { case session, transaction }

    struct Request: Hashable, Sendable {
        var owner: Int32
        var key: AdvisoryKey
        var mode: Mode
        var scope: Scope
    }

    /// A row of `pg_locks`.
    struct Row: Hashable {
        var owner: Int32
        var key: AdvisoryKey
        var mode: Mode
        var isGranted: Bool
    }

    enum Taking { case granted, unavailable, full }
    enum Waiting { case granted, waits, deadlock }

    /// How many locks the sessions of a node may have together.
    static let maximumCount = 65_536

    /// How often one owner has a lock.
    private struct Holder {
        private var counts = [0, 0, 0, 0]

        subscript(mode: Mode, scope: Scope) -> Int {
            get { counts[Self.place(mode, scope)] }
            set { counts[Self.place(mode, scope)] = newValue }
        }

        private static func place(_ mode: Mode, _ scope: Scope) -> Int {
            (mode == .exclusive ? 0 : 2) + (scope == .session ? 0 : 1)
        }

        func has(_ mode: Mode) -> Bool { self[mode, .session] + self[mode, .transaction] > 0 }
        var isEmpty: Bool { counts.allSatisfy { $0 == 0 } }

        /// Whether others cannot have the lock in that mode.
        func excludes(_ mode: Mode) -> Bool { mode == .exclusive || has(.exclusive) }
    }

    /// One that somebody has, or waits for.
    private struct Lock {
        var holders: [Int32: Holder] = [:]
        /// The first is the next.
        var waiting: [Request] = []

        /// Whose locks, and whose earlier wish for it, a request has to wait for.
        func blockers(of request: Request, behind earlier: ArraySlice<Request>) -> [Int32] {
            var owners = holders.filter { $0.key != request.owner && $0.value.excludes(request.mode) }.map(\.key)
            // Who has the lock already does not wait for those who wait for him.
            if holders[request.owner] == nil {
                owners += earlier.filter { $0.mode == .exclusive || request.mode == .exclusive }.map(\.owner)
            }
            return owners
        }

        /// Where a request has its place among those that wait.
        func place(of request: Request) -> Int {
            guard holders[request.owner] != nil else { return waiting.count }
            return waiting.firstIndex { holders[$0.owner] == nil } ?? waiting.count
        }
    }

    /// Those that nobody has and nobody waits for are not kept.
    private var locks: [AdvisoryKey: Lock] = [:]
    /// The locks that an owner has.
    private var keys: [Int32: Set<AdvisoryKey>] = [:]
    /// The lock that an owner waits for.
    private var awaited: [Int32: AdvisoryKey] = [:]
    /// How many locks there are, each as often as it has owners.
    private(set) var count = 0

    // MARK: Taking

    /// Gives a lock at once, or not at all. Whoever has it already is given it once more.
    mutating func take(_ request: Request) -> Taking {
        let lock = locks[request.key] ?? Lock()
        if lock.holders[request.owner] == nil, count >= Self.maximumCount { return .full }
        guard lock.blockers(of: request, behind: lock.waiting[...]).isEmpty else { return .unavailable }
        grant(request)
        return .granted
    }

    /// Gives a lock as soon as it can be had: ``release(_:)`` and its like tell when that is later.
    mutating func wait(for request: Request) -> Waiting {
        var lock = locks[request.key] ?? Lock()
        let place = lock.place(of: request)
        guard !lock.blockers(of: request, behind: lock.waiting[..<place]).isEmpty else {
            grant(request)
            return .granted
        }
        lock.waiting.insert(request, at: place)
        locks[request.key] = lock
        awaited[request.owner] = request.key
        // Nobody waits for who has nothing: thousands may wait for one lock.
        guard keys[request.owner, default: []].isEmpty || !isInCircle(request.owner) else {
            stopWaiting(request.owner)
            return .deadlock
        }
        return .waits
    }

    private mutating func grant(_ request: Request) {
        var lock = locks[request.key] ?? Lock()
        if lock.holders[request.owner] == nil {
            count += 1
            keys[request.owner, default: []].insert(request.key)
        }
        lock.holders[request.owner, default: Holder()][request.mode, request.scope] += 1
        locks[request.key] = lock
    }

    /// Whether an owner waits for others who wait for it.
    private func isInCircle(_ owner: Int32) -> Bool {
        var seen: Set<Int32> = []
        var open = blockers(of: owner)
        while let other = open.popLast() {
            if other == owner { return true }
            if seen.insert(other).inserted { open += blockers(of: other) }
        }
        return false
    }

    /// Whom an owner waits for.
    func blockers(of owner: Int32) -> [Int32] {
        guard let key = awaited[owner], let lock = locks[key],
            let place = lock.waiting.firstIndex(where: { $0.owner == owner })
        else { return [] }
        return lock.blockers(of: lock.waiting[place], behind: lock.waiting[..<place])
    }

    // MARK: Giving back. What is returned last are those who have waited, and have their locks now.

    /// Gives a lock back once, of those that were taken in that mode and scope.
    mutating func release(_ request: Request) -> (wasHeld: Bool, granted: [Request]) {
        guard var holder = locks[request.key]?.holders[request.owner], holder[request.mode, request.scope] > 0 else {
            return (false, [])
        }
        holder[request.mode, request.scope] -= 1
        return (true, change(request.owner, request.key, to: holder))
    }

    /// Gives back all of an owner's locks of one scope.
    mutating func releaseAll(of owner: Int32, _ scope: Scope) -> [Request] {
        var granted: [Request] = []
        for key in keys[owner] ?? [] {
            guard var holder = locks[key]?.holders[owner] else { continue }
            holder[.exclusive, scope] = 0
            holder[.shared, scope] = 0
            granted += change(owner, key, to: holder)
        }
        return granted
    }

    /// An owner waits no longer. If it has got the lock meanwhile, it is given back.
    mutating func withdraw(_ request: Request) -> [Request] {
        guard awaited[request.owner] == request.key else { return release(request).granted }
        return stopWaiting(request.owner)
    }

    /// An owner is no more.
    mutating func end(_ owner: Int32) -> [Request] {
        stopWaiting(owner) + releaseAll(of: owner, .session) + releaseAll(of: owner, .transaction)
    }

    @discardableResult
    private mutating func stopWaiting(_ owner: Int32) -> [Request] {
        guard let key = awaited.removeValue(forKey: owner) else { return [] }
        locks[key]?.waiting.removeAll { $0.owner == owner }
        return goOn(with: key)
    }

    private mutating func change(_ owner: Int32, _ key: AdvisoryKey, to holder: Holder) -> [Request] {
        locks[key]?.holders[owner] = holder.isEmpty ? nil : holder
        if holder.isEmpty {
            count -= 1
            keys[owner]?.remove(key)
            if keys[owner]?.isEmpty == true { keys[owner] = nil }
        }
        return goOn(with: key)
    }

    /// Gives a lock to those who are next and need not wait any longer.
    private mutating func goOn(with key: AdvisoryKey) -> [Request] {
        var granted: [Request] = []
        while let lock = locks[key], let next = lock.waiting.first,
            lock.blockers(of: next, behind: lock.waiting[..<0]).isEmpty
        {
            locks[key]?.waiting.removeFirst()
            awaited[next.owner] = nil
            grant(next)
            granted.append(next)
        }
        if let lock = locks[key], lock.holders.isEmpty, lock.waiting.isEmpty { locks[key] = nil }
        return granted
    }

    // MARK: Telling

    /// All locks, in the order of their owners.
    var rows: [Row] {
        var rows: [Row] = []
        for (key, lock) in locks {
            for (owner, holder) in lock.holders {
                for mode in [Mode.exclusive, .shared] where holder.has(mode) {
                    rows.append(Row(owner: owner, key: key, mode: mode, isGranted: true))
                }
            }
            for request in lock.waiting {
                rows.append(Row(owner: request.owner, key: key, mode: request.mode, isGranted: false))
            }
        }
        return rows.sorted {
            ($0.owner, $0.key.classID, $0.key.objectID) < ($1.owner, $1.key.classID, $1.key.objectID)
        }
    }
}
