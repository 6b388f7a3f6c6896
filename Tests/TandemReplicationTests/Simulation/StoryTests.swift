import Testing

/// Mistakes that random schedules find rarely are caught by stories; the same stories are harmless without them.
@Suite struct StoryTests {
    @Test(arguments: ToldStory.all.indices)
    func storyIsHarmlessWithoutItsMistake(_ number: Int) throws {
        let told = ToldStory.all[number]
        let story = try Story(told, breaking: nil)
        do {
            try told.tell(story)
            #expect(try story.simulation.heal(), "the group does not recover")
        } catch {
            Issue.record("\(told.mistakes[0].name): \(error)\n\(story.simulation.story)")
        }
    }

    @Test(arguments: ToldStory.all.indices)
    func storyCatchesItsMistake(_ number: Int) throws {
        let told = ToldStory.all[number]
        for mistake in told.mistakes {
            let story = try Story(told, breaking: mistake)
            do {
                try told.tell(story)
                Issue.record("\(mistake.name) is not caught\n\(story.simulation.story)")
            } catch let violation as Violation {
                #expect(violation.promise.hasPrefix("P"), "\(mistake.name): \(violation)\n\(story.simulation.story)")
            }
        }
    }
}
