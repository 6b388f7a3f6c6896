import Foundation
import Tandem

/// A group's lease in etcd: ``FailoverOptions`` takes it.
///
/// Under the path lie `lead`, written by who reigns, and `candidates/NODE`; each under its node's etcd lease, and gone with
/// it.
public final class EtcdStore: FailoverStore {
    private let options: EtcdOptions
    private let client: EtcdClient

    /// - Throws: if a file of certificates or keys cannot be read.
    public init(_ options: EtcdOptions) throws {
        self.options = options
        client = try EtcdClient(options)
    }

    deinit {
        let client = client
        Task { await client.close() }
    }

    public var name: String { "etcd at " + options.endpoints.map(\.description).joined(separator: ",") }

    public func keep(_ session: FailoverSession?, timeToLive: Duration) async throws -> FailoverSession {
        if let session, try await isAlive(session) { return session }
        let question = LeaseGrantRequest(timeToLive: String(timeToLive.components.seconds))
        let answer: LeaseGrantResponse = try await client.ask("lease/grant", question)
        guard let id = Int64(answer.lease) else { throw FailoverStoreError("etcd gave a lease without a number") }
        return FailoverSession(id: id)
    }

    private func isAlive(_ session: FailoverSession) async throws -> Bool {
        let answer: LeaseKeepAliveResponse = try await client.ask(
            "lease/keepalive", LeaseRequest(lease: String(session.id)))
        return answer.result.timeToLive.flatMap { Int64($0) } ?? 0 > 0
    }

    public func look() async throws -> FailoverView {
        let question = RangeRequest(key: key(""), end: Data("\(options.path)0".utf8))  // "0" follows "/"
        let answer: RangeResponse = try await client.ask("kv/range", question)
        var view = FailoverView()
        for pair in answer.kvs ?? [] {
            guard let value = pair.value, let entry = try? JSONDecoder().decode(FailoverEntry.self, from: value) else {
                throw FailoverStoreError("what is written at \(String(decoding: pair.key, as: UTF8.self)) is not ours")
            }
            if pair.key == leadKey {
                view.lead = .init(entry: entry, session: FailoverSession(id: pair.lease.flatMap { Int64($0) } ?? 0))
            } else {
                view.candidates.append(entry)
            }
        }
        return view
    }

    public func takeLead(_ entry: FailoverEntry, _ session: FailoverSession, after former: FailoverSession?)
        async throws
        -> Bool
    {
        let condition: TransactionRequest.Compare =
            former.map { .lease(leadKey, String($0.id)) } ?? .absent(leadKey)
        let put = PutRequest(key: leadKey, value: try JSONEncoder().encode(entry), lease: String(session.id))
        return try await run(if: condition, .init(put: put))
    }

    public func giveBackLead(_ session: FailoverSession) async throws {
        let deletion = DeleteRequest(key: leadKey)
        _ = try await run(if: .lease(leadKey, String(session.id)), .init(delete: deletion))
    }

    public func announce(_ entry: FailoverEntry, _ session: FailoverSession) async throws {
        let put = PutRequest(
            key: candidateKey(entry), value: try JSONEncoder().encode(entry), lease: String(session.id))
        _ = try await run(if: nil, .init(put: put))
    }

    public func withdraw(_ entry: FailoverEntry) async throws {
        _ = try await run(if: nil, .init(delete: DeleteRequest(key: candidateKey(entry))))
    }

    public func end(_ session: FailoverSession) async throws {
        struct Answer: Decodable {}
        let _: Answer = try await client.ask("lease/revoke", LeaseRequest(lease: String(session.id)))
    }

    /// - Returns: whether the condition held, and the operation was carried out.
    private func run(
        if condition: TransactionRequest.Compare?, _ operation: TransactionRequest.Operation
    ) async throws -> Bool {
        let question = TransactionRequest(compare: condition.map { [$0] } ?? [], success: [operation])
        let answer: TransactionResponse = try await client.ask("kv/txn", question)
        return answer.succeeded ?? false
    }

    private var leadKey: Data { key("lead") }

    private func candidateKey(_ entry: FailoverEntry) -> Data { key("candidates/\(entry.node)") }

    private func key(_ name: String) -> Data { Data("\(options.path)/\(name)".utf8) }
}
