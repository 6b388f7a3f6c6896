import TandemLog
import TandemReplication

/// What a simulation is made of, besides its seed.
struct SimulationOptions {
    var nodes: Int
    var acknowledgements: AcknowledgementRule
    var degrades = false
    /// How many nodes the group begins with; the others come later. Nil: all.
    var founders: Int?
    /// The group begins with its creator alone, instead of complete.
    var fromScratch = false
    /// The operator changes the acknowledgements asked for when a node is restarted, as a primary or as a replica.
    var changesAcknowledgements = false
    /// Logs are pruned, and operators ask for snapshots.
    var prunes = false
    /// How many nodes follow others as cascades, besides ``nodes``.
    var cascades = 0
    /// A node reigns only with a lease, and agents promote somebody where nobody holds it.
    var leases = false
    /// The nodes' clocks go up to a twentieth too fast or too slow.
    var hasOwnClocks = false
    /// What was delivered may come once more, and requests are repeated by who has lost the answer.
    var repeats = false
    /// Disks fill up, and there is room again.
    var fills = false
    /// Disks may be lost, some with their node.
    var loses = true
    /// Links and connections break, nodes crash, operators promote.
    var steps = 500
    /// How many times rarer than in the worst case something goes wrong.
    var calm = 1
    var mutations: Mutations = []
    var mistakes: StorageMistakes = []
    var traces = false

    /// What a seed decides by itself.
    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed ^ 0x5EED)
        nodes = 2 + random.below(3)
        let replicas = nodes - 1
        switch random.below(8) {
        case 0: acknowledgements = .count(0)
        case 1...4: acknowledgements = .count(1)
        case 5: acknowledgements = .count(min(2, replicas))
        case 6: acknowledgements = .majority
        default: acknowledgements = .all
        }
        fromScratch = random.once(in: 5)
        degrades = random.once(in: 10)
        calm = [1, 2, 4, 8][random.below(4)]
        changesAcknowledgements = random.once(in: 6)
        loses = !changesAcknowledgements
        prunes = random.once(in: 3)
        leases = random.once(in: 4)
        hasOwnClocks = true
        if random.once(in: 3) { cascades = 1 + random.below(2) }
        repeats = random.once(in: 2)
        fills = random.once(in: 3)
    }

    init(nodes: Int, acknowledgements: AcknowledgementRule) {
        self.nodes = nodes
        self.acknowledgements = acknowledgements
    }
}
