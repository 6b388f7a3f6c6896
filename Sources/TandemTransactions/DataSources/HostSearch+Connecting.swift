extension HostSearch {
    /// Asks one host after the other until one has the role. While one that was silent is waited for, the others are asked
    /// again and again: a replica may become the primary meanwhile, and who was silent, too, may be back.
    ///
    /// - Parameters:
    ///   - names: the hosts', for messages.
    ///   - deadline: until when.
    ///   - connect: connects to the host at a place, until the moment that it is given.
    /// - Returns: the connection, and the place of its host.
    /// - Throws: ``error`` where none has it; what is no ``DatabaseError`` at once.
    package mutating func connection<Connection: HostConnection>(
        to names: [String], until deadline: ContinuousClock.Instant,
        _ connect: @escaping Connect<Connection>
    ) async throws -> (Connection, place: Int) {
        while let (place, end) = next(now: .now, until: deadline) {
            let others = isAskedForLong ? otherPlaces : []
            do {
                let (connection, found) = try await Self.ask(place, until: end, andAgain: others, for: role, connect)
                if role == nil || connection.role == role { return (connection, found) }
                answered(names[found], .role(connection.role))
                await connection.close()
            } catch let failure as DatabaseError {
                answered(names[place], .failure(failure))
            }
        }
        throw error
    }

    /// Connects to the host at a place, until a moment.
    package typealias Connect<Connection> =
        @Sendable (_ place: Int, _ deadline: ContinuousClock.Instant) async throws -> Connection

    /// How long the others are left alone.
    private static let pause = Duration.milliseconds(500)

    private enum Finding<Connection: HostConnection>: Sendable {
        /// What came of the host that was silent.
        case answer(Result<Connection, any Error>)
        /// One of the others has got the role.
        case other(Connection, place: Int)
        case nothing
    }

    /// - Returns: a connection to the host at `place`, whatever its role is, or to one of the others that has the role.
    private static func ask<Connection: HostConnection>(
        _ place: Int, until end: ContinuousClock.Instant, andAgain others: [Int], for role: ServerRole?,
        _ connect: @escaping Connect<Connection>
    ) async throws -> (Connection, Int) {
        if others.isEmpty { return (try await connect(place, end), place) }
        let found = await withTaskGroup(of: Finding<Connection>.self) { group -> Result<(Connection, Int), any Error> in
            group.addTask {
                do { return .answer(.success(try await connect(place, end))) } catch { return .answer(.failure(error)) }
            }
            group.addTask { await Self.askAgain(others, until: end, for: role, connect) }
            var found: Result<(Connection, Int), any Error>?
            for await finding in group {
                switch finding {
                case .nothing: continue
                case .answer(.success(let connection)):
                    if case .success? = found {
                        await connection.close()
                    } else {
                        found = .success((connection, place))
                    }
                case .answer(.failure(let error)): found = found ?? .failure(error)
                case .other(let connection, let other):
                    if case .success? = found {
                        await connection.close()
                    } else {
                        found = .success((connection, other))
                    }
                }
                group.cancelAll()
            }
            return found ?? .failure(CancellationError())
        }
        return try found.get()
    }

    private static func askAgain<Connection: HostConnection>(
        _ others: [Int], until end: ContinuousClock.Instant, for role: ServerRole?, _ connect: Connect<Connection>
    ) async -> Finding<Connection> {
        while ContinuousClock.now < end, !Task.isCancelled {
            for place in others {
                let limit = min(end, ContinuousClock.now + briefTime)
                guard let connection = try? await connect(place, limit) else { continue }
                if role == nil || connection.role == role { return .other(connection, place: place) }
                await connection.close()
            }
            try? await Task.sleep(for: pause)
        }
        return .nothing
    }
}
