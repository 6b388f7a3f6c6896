/// Where answers are kept that cannot be sent yet.
struct AnswerRoom {
    let memory: HeldAnswers
    let disk: HeldAnswers
    /// Where files are made.
    let directory: String

    init(_ configuration: NodeConfiguration) {
        memory = HeldAnswers(in: .memory, limit: configuration.maximumHeldAnswers)
        disk = HeldAnswers(in: .disk, limit: configuration.maximumAnswerFiles)
        directory = configuration.dataDirectory
    }

    init(memory: HeldAnswers, disk: HeldAnswers, directory: String) {
        self.memory = memory
        self.disk = disk
        self.directory = directory
    }
}
