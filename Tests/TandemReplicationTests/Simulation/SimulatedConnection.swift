import TandemLog
import TandemReplication

/// What travels on a simulated connection.
enum Packet {
    case connect(Connect)
    case question(PromiseRequest)
    case message(ReplicationMessage)
    case records(RecordsHeader, [SimulatedRecord])
    case closed
}

/// A connection between two nodes: bytes arrive in order or not at all; either end may go away unnoticed.
final class SimulatedConnection {
    let id: ConnectionID
    let dialler: Int
    let acceptor: Int
    /// Which run of each node it belongs to: a restarted node knows nothing of it.
    let diallerRun: Int
    var acceptorRun: Int
    /// Nil for a question.
    let number: ConnectionNumber?
    var toAcceptor: [Packet] = []
    var toDialler: [Packet] = []
    var diallerOpen = true
    var acceptorOpen = true
    /// Up to where records were handed to the stream; nil if nothing is streamed.
    var streamed: Int?
    /// Up to where records may go to a cascade; nil for a replica, which gets all.
    var relayed: Int?
    /// It carries what its dialler had sent before, on another one.
    var isRepeated = false

    init(
        id: ConnectionID, dialler: Int, acceptor: Int, diallerRun: Int, acceptorRun: Int, number: ConnectionNumber?
    ) {
        self.id = id
        self.dialler = dialler
        self.acceptor = acceptor
        self.diallerRun = diallerRun
        self.acceptorRun = acceptorRun
        self.number = number
    }

    var isDead: Bool {
        (toAcceptor.isEmpty || !acceptorOpen) && (toDialler.isEmpty || !diallerOpen) && !(diallerOpen && acceptorOpen)
    }
}
