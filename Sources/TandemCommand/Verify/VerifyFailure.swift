/// Why it could not be found out whether nodes have the same.
struct VerifyFailure: Error, CustomStringConvertible {
    let description: String
}
