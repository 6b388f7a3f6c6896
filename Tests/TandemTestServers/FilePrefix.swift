import Foundation

/// Puts text before what a file holds.
enum FilePrefix {
    static func insert(_ text: String, into path: String) throws {
        guard let handle = FileHandle(forUpdatingAtPath: path) else { throw TestServerError("cannot open \(path)") }
        defer { try? handle.close() }
        // Written in place: the file belongs to the server's user.
        let old = try handle.readToEnd() ?? Data()
        try handle.seek(toOffset: 0)
        try handle.write(contentsOf: Data(text.utf8) + old)
    }
}
