import Foundation

// The JSON of etcd's gRPC gateway, version 3: 64-bit numbers are strings, keys and values are base64.
// https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/

struct AuthenticateRequest: Encodable {
    let name: String
    let password: String
}

struct AuthenticateResponse: Decodable {
    let token: String
}

struct LeaseGrantRequest: Encodable {
    /// Seconds.
    let timeToLive: String

    private enum CodingKeys: String, CodingKey { case timeToLive = "TTL" }
}

struct LeaseGrantResponse: Decodable {
    let lease: String

    private enum CodingKeys: String, CodingKey { case lease = "ID" }
}

struct LeaseRequest: Encodable {
    let lease: String

    private enum CodingKeys: String, CodingKey { case lease = "ID" }
}

/// A stream, of which the first message is all that comes.
struct LeaseKeepAliveResponse: Decodable {
    struct Result: Decodable {
        /// Seconds; nil or 0 for a lease that is no more.
        let timeToLive: String?

        private enum CodingKeys: String, CodingKey { case timeToLive = "TTL" }
    }

    let result: Result
}

struct RangeRequest: Encodable {
    let key: Data
    let end: Data

    private enum CodingKeys: String, CodingKey {
        case key
        case end = "range_end"
    }
}

struct RangeResponse: Decodable {
    struct KeyValue: Decodable {
        let key: Data
        let value: Data?
        /// Nil or 0 for a key without one.
        let lease: String?
    }

    let kvs: [KeyValue]?
}

struct PutRequest: Encodable {
    let key: Data
    let value: Data
    let lease: String
}

struct DeleteRequest: Encodable {
    let key: Data
}

struct TransactionRequest: Encodable {
    struct Compare: Encodable {
        let target: String
        let result = "EQUAL"
        let key: Data
        var createRevision: String?
        var lease: String?

        private enum CodingKeys: String, CodingKey {
            case target, result, key, lease
            case createRevision = "create_revision"
        }

        /// The key does not exist.
        static func absent(_ key: Data) -> Compare { Compare(target: "CREATE", key: key, createRevision: "0") }

        /// The key was written under that lease.
        static func lease(_ key: Data, _ lease: String) -> Compare { Compare(target: "LEASE", key: key, lease: lease) }
    }

    struct Operation: Encodable {
        var put: PutRequest?
        var delete: DeleteRequest?

        private enum CodingKeys: String, CodingKey {
            case put = "request_put"
            case delete = "request_delete_range"
        }
    }

    let compare: [Compare]
    let success: [Operation]
}

struct TransactionResponse: Decodable {
    let succeeded: Bool?
}

/// What comes instead of an answer.
struct ErrorResponse: Decodable {
    let error: String
}
