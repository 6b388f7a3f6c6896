/// Which server a connection leads to: a name or a proxy may lead to several.
struct ServerIdentity: Sendable, Hashable {
    static let question = "SELECT @@server_id, @@hostname, @@port, @@pid_file"

    private let answers: [String?]

    /// - Parameter answers: the row that ``question`` gives.
    init(_ answers: [String?]) { self.answers = answers }
}
