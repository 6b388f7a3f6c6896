/// Who asked for a connection: what the pool says of those that hold one, and of those that wait.
public struct Acquirer: Sendable, Hashable {
    /// The transaction, such as `BookService.rename(to:)`.
    public var transaction: String?
    /// The file where it was asked for, as `#fileID` says it.
    public var file: String
    /// The line where it was asked for; 0 where that is not known.
    public var line: UInt

    init(transaction: String? = nil, file: String = #fileID, line: UInt = #line) {
        self.transaction = transaction
        self.file = file
        self.line = line
    }
}

extension Acquirer {
    init(_ options: ScopeOptions) {
        self.init(transaction: options.name, file: options.callSite.fileID, line: options.callSite.line)
    }
}

extension Acquirer: CustomStringConvertible {
    /// `BookService.rename(to:) at Books/BookService.swift:41`.
    public var description: String {
        let place = CallSite(fileID: file, line: line)
        return transaction.map { "\($0) at \(place)" } ?? "\(place)"
    }
}
