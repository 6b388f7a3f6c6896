import Foundation
import Glibc

/// How much memory this process has of the machine's, in bytes.
public func residentBytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { throw TestServerError("statm is not what it was") }
    return pages * Int(getpagesize())
}
