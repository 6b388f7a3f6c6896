import ArgumentParser

/// How long a command waits for the copy of a node's database.
struct CopyPatience: ParsableArguments {
    @Option(
        name: .customLong("wait"),
        help: ArgumentHelp(
            "A node makes one copy at a time: wait so long for an older one that it is sending to somebody else.",
            valueName: "time"))
    var waitText = "10min"

    @Option(
        name: .customLong("timeout"),
        help: ArgumentHelp("Give up a node that has said nothing for so long.", valueName: "time"))
    var silenceText = "2min"

    var wait: Duration { DurationText.parse(waitText) ?? .zero }
    var silence: Duration { DurationText.parse(silenceText) ?? .zero }

    func validate() throws {
        for (name, text) in [("wait", waitText), ("timeout", silenceText)] where DurationText.parse(text) == nil {
            throw ValidationError("--\(name): '\(text)' is not a time such as 500ms, 10s, 2min or 1h")
        }
    }
}
