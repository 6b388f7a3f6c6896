/// A place in the program, for messages.
struct CallSite: Sendable, Hashable, CustomStringConvertible {
    var fileID: String
    /// 0 where there is no such line, and the file's name says what it is.
    var line: UInt

    var description: String { line == 0 ? fileID : "\(fileID):\(line)" }
}
