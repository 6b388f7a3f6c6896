import TandemLog

/// What to do with a data directory that a command has made.
enum FoundedWords {
    static func text(data: String, group: GroupID?) -> String {
        """
        It is a group of its own (\(group?.description ?? "-")). Start it as that group's primary:
          tandem primary --data \(data)
        Its replicas need empty data directories, and its archive a directory of its own.
        """
    }
}
