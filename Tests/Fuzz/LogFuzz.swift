import Glibc

/// Any bytes as a file of the log: read to the end, or refused.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // In memory: a file of this process.
    let path = "/dev/shm/tandem-fuzz-\(getpid())"
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard file >= 0 else { return 0 }
    defer { unlink(path) }
    if let bytes { _ = write(file, bytes, count) }
    close(file)
    do throws(LogError) {
        let reader = try LogReader(file: path)
        while try reader.next() != nil {}
    } catch {
        precondition(!error.message.isEmpty)
    }
    return 0
}
