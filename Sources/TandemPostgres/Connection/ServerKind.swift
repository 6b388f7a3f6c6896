import TandemTransactions

/// What answers at the other end of the PostgreSQL protocol.
enum ServerKind: Sendable, Hashable {
    case postgresql
    /// Whose `server_version` says `15.0 (Tandem 0.1.0)`.
    case tandem

    init(serverVersion: String) { self = serverVersion.contains("(Tandem ") ? .tandem : .postgresql }

    var engine: Engine { self == .tandem ? .tandem : .postgresql }

    var encoding: ParameterEncoding { self == .tandem ? .declared : .inferred }
}
