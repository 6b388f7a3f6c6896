import TandemReplication
import Testing

/// A rule that is broken on purpose, to prove that the simulation would notice.
struct PlantedMistake: Sendable, CustomTestStringConvertible {
    let name: String
    var mutations: Mutations = []
    var mistakes: StorageMistakes = []

    var testDescription: String { name }

    /// What random schedules find soon; stories catch the rest.
    static let foundAtRandom: [PlantedMistake] = [
        PlantedMistake(name: "surveyInsteadOfPromise", mutations: .surveyInsteadOfPromise),
        PlantedMistake(name: "noEpochRecord", mutations: .noEpochRecord),
        PlantedMistake(name: "acknowledgeBeforeFlush", mutations: .acknowledgeBeforeFlush),
        PlantedMistake(name: "applyOnReceive", mutations: .applyOnReceive),
        PlantedMistake(name: "commitUnverified", mutations: .commitUnverified),
        PlantedMistake(name: "promoteAny", mutations: .promoteAny),
        PlantedMistake(name: "promoteFew", mutations: .promoteFew),
        PlantedMistake(name: "primaryWithoutFlush", mutations: .primaryWithoutFlush),
        PlantedMistake(name: "reuseEpoch", mutations: .reuseEpoch),
        PlantedMistake(name: "writeBeforeReady", mutations: .writeBeforeReady),
        PlantedMistake(name: "retryInEpoch", mutations: .retryInEpoch),
        PlantedMistake(name: "countNonMembers", mutations: .countNonMembers),
        PlantedMistake(name: "newRuleAlone", mutations: .newRuleAlone),
        PlantedMistake(name: "cutTooFar", mutations: .cutTooFar),
        PlantedMistake(name: "ignoreLease", mutations: .ignoreLease),
        PlantedMistake(name: "standWithAnyDatabase", mutations: .standWithAnyDatabase),
        PlantedMistake(name: "relayUncommitted", mutations: .relayUncommitted),
        PlantedMistake(name: "countRelays", mutations: .countRelays),
        PlantedMistake(name: "relayUnflushed", mutations: .relayUnflushed),
        PlantedMistake(name: "relayToThoseAhead", mutations: .relayToThoseAhead),
        PlantedMistake(name: "appendRepeated", mutations: .appendRepeated),
        PlantedMistake(name: "begunFlushCounts", mistakes: .begunFlushCounts),
        PlantedMistake(name: "halfBatch", mistakes: .halfBatch),
        PlantedMistake(name: "unwrittenState", mistakes: .unwrittenState),
        PlantedMistake(name: "halfSnapshot", mistakes: .halfSnapshot),
        PlantedMistake(name: "appliedOutside", mistakes: .appliedOutside),
        PlantedMistake(name: "prunedTooFar", mistakes: .prunedTooFar),
        PlantedMistake(name: "snapshotOfTheTail", mistakes: .snapshotOfTheTail),
    ]
}
