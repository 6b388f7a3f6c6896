import TandemLog

/// What has been delivered once, and may come again.
struct DeliveredPacket {
    let packet: Packet
    let connection: SimulatedConnection
    /// Whether it went to who had accepted the connection.
    let isUpwards: Bool
    /// Who had sent it, and who got it: a node that was set up anew since repeats nothing, and numbers its connections as the
    /// one before it did.
    let sender: NodeID
    let receiver: NodeID
}
