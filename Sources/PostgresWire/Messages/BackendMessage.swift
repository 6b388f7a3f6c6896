import NIOCore

/// A message of the backend, decoded, as a client of this module needs it.
public enum BackendMessage: Hashable, Sendable {
    case authentication(Authentication)
    case backendKeyData(BackendKey)
    case bindComplete
    case closeComplete
    case commandComplete(String)
    case copyBothResponse
    case copyData(ByteBuffer)
    case copyDone
    case copyInResponse
    case copyOutResponse
    /// The values as they came; nil is NULL.
    case dataRow([ByteBuffer?])
    case emptyQueryResponse
    case errorResponse(PostgresError)
    case negotiateProtocolVersion(newest: ProtocolVersion, unknownOptions: [String])
    case noData
    case noticeResponse(PostgresError)
    case notificationResponse
    case parameterDescription([PostgresType])
    case parameterStatus(name: String, value: String)
    case parseComplete
    case portalSuspended
    case readyForQuery(TransactionStatus)
    case rowDescription([ColumnDescription])

    /// What the server asks for, or that it is content.
    public enum Authentication: Hashable, Sendable {
        case ok
        /// A proof by one of these SASL mechanisms.
        case sasl([String])
        case saslContinue(String)
        case saslFinal(String)
        /// A method this module does not speak yet, by its number: 3 a password in clear text, 5 MD5 …
        case unsupported(UInt32)
    }
}
