/// A place in the program, for messages.
struct CallSite: Sendable, Hashable, CustomStringConvertible {
    var fileID: String
    var line: UInt

    var description: String { "\(fileID):\(line)" }
}
