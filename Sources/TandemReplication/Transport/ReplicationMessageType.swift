/// The first byte of what travels in CopyData, after PostgreSQL's streaming replication.
public enum ReplicationMessageType: UInt8, Sendable {
    /// RECORDS: `w`, a ``RecordsHeader`` and record bytes.
    case records = 0x77
    /// KEEPALIVE: `k`.
    case keepalive = 0x6B
    /// ACK: `r`.
    case acknowledgement = 0x72
    /// ACCEPT: `a`.
    case accept = 0x61
    /// REFUSED: `x`.
    case refused = 0x78
    /// The answer to START or PROMISE: `p`.
    case promiseAnswer = 0x70
    /// TAKEOVER: `t`.
    case takeOver = 0x74
}
