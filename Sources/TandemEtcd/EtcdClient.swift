import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOSSL
import Tandem

/// Asks etcd through its gRPC gateway: JSON over HTTP. Goes to another endpoint where one gives no answer.
actor EtcdClient {
    private let options: EtcdOptions
    private let http: HTTPClient
    /// The endpoint that answered last.
    private var current = 0
    /// What the log-in gave; nil before it, and where there is none.
    private var token: String?

    /// No answer of ours is longer.
    private static let maximumAnswer = 1 << 20

    init(_ options: EtcdOptions) throws {
        self.options = options
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = TimeAmount(options.timeout)
        configuration.redirectConfiguration = .disallow
        if options.usesTLS { configuration.tlsConfiguration = try Self.tls(options) }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private static func tls(_ options: EtcdOptions) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let file = options.authorityFile { tls.trustRoots = .file(file) }
        if let certificate = options.certificateFile, let key = options.keyFile {
            tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        }
        return tls
    }

    func close() async { try? await http.shutdown() }

    /// Asks the endpoints one after the other, until one answers.
    ///
    /// - Throws: ``FailoverStoreError``: what etcd refused, or why the last endpoint gave no answer.
    func ask<Answer: Decodable>(_ path: String, _ question: some Encodable, as: Answer.Type = Answer.self) async throws
        -> Answer
    {
        let body = try JSONEncoder().encode(question)
        var failure = FailoverStoreError("no endpoint")
        for _ in options.endpoints {
            do {
                if options.user != nil, token == nil { token = try await logIn() }
                return try await send(path, body)
            } catch let refusal as FailoverStoreError {
                // A token may have got too old.
                if token == nil { throw refusal }
                token = nil
                failure = refusal
            } catch {
                try Task.checkCancellation()
                failure = FailoverStoreError("\(options.endpoints[current]) gives no answer (\(Self.words(error)))")
                current = (current + 1) % options.endpoints.count
            }
        }
        throw failure
    }

    private func logIn() async throws -> String {
        let question = AuthenticateRequest(name: options.user ?? "", password: options.password ?? "")
        let answer: AuthenticateResponse = try await send("auth/authenticate", JSONEncoder().encode(question))
        return answer.token
    }

    private func send<Answer: Decodable>(_ path: String, _ body: Data) async throws -> Answer {
        let scheme = options.usesTLS ? "https" : "http"
        var request = HTTPClientRequest(url: "\(scheme)://\(options.endpoints[current])/v3/\(path)")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        if let token { request.headers.add(name: "Authorization", value: token) }
        request.body = .bytes(body)
        let response = try await http.execute(request, timeout: TimeAmount(options.timeout))
        let bytes = try await response.body.collect(upTo: Self.maximumAnswer)
        guard response.status == .ok else {
            let reason = try? JSONDecoder().decode(ErrorResponse.self, from: bytes).error
            throw FailoverStoreError("\(options.endpoints[current]) refuses: \(reason ?? response.status.description)")
        }
        return try JSONDecoder().decode(Answer.self, from: bytes)
    }

    private static func words(_ error: any Error) -> String {
        if let error = error as? HTTPClientError { return error.shortDescription }
        return String(describing: error)
    }
}
