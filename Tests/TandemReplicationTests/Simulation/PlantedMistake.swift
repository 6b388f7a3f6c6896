import TandemReplication
import Testing

/// A rule that is broken on purpose, to prove that the simulation would notice.
struct PlantedMistake: Sendable, CustomTestStringConvertible {
    let name: String
    var mutations: Mutations = []
    var mistakes: StorageMistakes = []

    var testDescription: String { name }

    /// Every mistake that random schedules find.
    static let all: [PlantedMistake] = [
        PlantedMistake(name: "epochsWithoutOwner", mutations: .epochsWithoutOwner),
        PlantedMistake(name: "surveyInsteadOfPromise", mutations: .surveyInsteadOfPromise),
        PlantedMistake(name: "startAlone", mutations: .startAlone),
        PlantedMistake(name: "noEpochRecord", mutations: .noEpochRecord),
        PlantedMistake(name: "commitAnyEpoch", mutations: .commitAnyEpoch),
        PlantedMistake(name: "acknowledgeBeforeFlush", mutations: .acknowledgeBeforeFlush),
        PlantedMistake(name: "applyOnReceive", mutations: .applyOnReceive),
        PlantedMistake(name: "applyUnflushed", mutations: .applyUnflushed),
        PlantedMistake(name: "commitUnverified", mutations: .commitUnverified),
        PlantedMistake(name: "promoteAny", mutations: .promoteAny),
        PlantedMistake(name: "promoteByIndex", mutations: .promoteByIndex),
        PlantedMistake(name: "promoteFew", mutations: .promoteFew),
        PlantedMistake(name: "candidateUnflushed", mutations: .candidateUnflushed),
        PlantedMistake(name: "promisesNotDurable", mutations: .promisesNotDurable),
        PlantedMistake(name: "noFence", mutations: .noFence),
        PlantedMistake(name: "acknowledgementsOfAnyEpoch", mutations: .acknowledgementsOfAnyEpoch),
        PlantedMistake(name: "primaryWithoutFlush", mutations: .primaryWithoutFlush),
        PlantedMistake(name: "reuseEpoch", mutations: .reuseEpoch),
        PlantedMistake(name: "writeBeforeReady", mutations: .writeBeforeReady),
        PlantedMistake(name: "retryInEpoch", mutations: .retryInEpoch),
        PlantedMistake(name: "notWholePromises", mutations: .notWholePromises),
        PlantedMistake(name: "wholeTooEarly", mutations: .wholeTooEarly),
        PlantedMistake(name: "acknowledgementsPerNode", mutations: .acknowledgementsPerNode),
        PlantedMistake(name: "streamBeforePromises", mutations: .streamBeforePromises),
        PlantedMistake(name: "countNonMembers", mutations: .countNonMembers),
        PlantedMistake(name: "newRuleAlone", mutations: .newRuleAlone),
        PlantedMistake(name: "connectionsWithoutOrder", mutations: .connectionsWithoutOrder),
        PlantedMistake(name: "promoteDespiteDegrading", mutations: .promoteDespiteDegrading),
        PlantedMistake(name: "appliedOutside", mistakes: .appliedOutside),
        PlantedMistake(name: "tornCut", mistakes: .tornCut),
    ]
}
