/// What kept a server of the tests from doing what it was told, with the end of its log.
public struct TestServerError: Error, CustomStringConvertible {
    public var description: String

    public init(_ message: String, log: String = "") {
        description = log.isEmpty ? message : "\(message)\n--- the end of its log:\n\(log)"
    }
}
