import Glibc

/// The system has no thread or no descriptor left.
package struct ThreadError: Error, CustomStringConvertible {
    package var what: String
    /// The error number of the system call.
    package var number: Int32

    package var description: String { "\(what): \(String(cString: strerror(number)))" }
}
