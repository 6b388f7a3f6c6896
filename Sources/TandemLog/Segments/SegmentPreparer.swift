import CTandemLog
import Glibc

/// Prepares the next segment ahead of time: reserved, written with zeros and flushed, so that a commit's flush has
/// no metadata to write. Runs on a thread of its own, slowly enough not to disturb the commits.
final class SegmentPreparer: @unchecked Sendable {  // `state` and `isStopping` are guarded by `mutex`.
    private enum State {
        case idle
        /// Wanted, or being prepared.
        case requested
        /// Lies there under its name.
        case ready
        /// Could not be prepared; the log makes its next segment itself, and meets the same error if it lasts.
        case failed
    }

    private let directory: String
    private let size: Int
    private let fileSystem: any FileSystem
    private var state = State.idle
    private var isStopping = false
    private var hasThread = false
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// How much is written at once, and how long to wait after it.
    private static let chunkSize = 512 << 10
    private static let pauseInMilliseconds: Int32 = 4

    init(directory: String, size: Int, fileSystem: any FileSystem) {
        self.directory = directory
        self.size = size
        self.fileSystem = fileSystem
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Asks for a segment to be prepared in the background.
    func request() {
        let mustStart = locked { () -> Bool in
            guard !isStopping, state == .idle || state == .failed else { return false }
            state = .requested
            pthread_cond_broadcast(condition)
            defer { hasThread = true }
            return !hasThread
        }
        guard mustStart else { return }
        let error = ctandemlog_start_thread(
            { argument in
                guard let argument else { return }
                Unmanaged<SegmentPreparer>.fromOpaque(argument).takeRetainedValue().run()
            }, Unmanaged.passRetained(self).toOpaque())
        guard error != 0 else { return }
        Unmanaged.passUnretained(self).release()
        locked {
            hasThread = false
            state = .failed
        }
    }

    /// Prepares a segment here and now.
    func prepareNow() throws(LogError) {
        try prepare(pausing: false)
        locked { state = .ready }
    }

    /// The prepared segment, if there is one; it is the caller's from now on, still under its temporary name.
    func take() throws(LogError) -> (any File)? {
        let isReady = locked { () -> Bool in
            guard state == .ready else { return false }
            state = .idle
            return true
        }
        guard isReady else { return nil }
        return try fileSystem.open("\(directory)/\(SegmentName.prepared)", .readWrite)
    }

    /// Ends the thread, and waits until it does nothing any more.
    func stop() {
        locked {
            isStopping = true
            pthread_cond_broadcast(condition)
            while hasThread { pthread_cond_wait(condition, mutex) }
        }
    }

    private func run() {
        while waitForRequest() {
            let succeeded: Bool
            do throws(LogError) {
                try prepare(pausing: true)
                succeeded = true
            } catch {
                // What is half prepared only takes room.
                try? fileSystem.remove("\(directory)/\(SegmentName.preparing)")
                succeeded = false
            }
            locked { state = succeeded ? .ready : .failed }
        }
        locked {
            hasThread = false
            pthread_cond_broadcast(condition)
        }
    }

    private func waitForRequest() -> Bool {
        locked {
            while state != .requested && !isStopping { pthread_cond_wait(condition, mutex) }
            return !isStopping
        }
    }

    private func prepare(pausing: Bool) throws(LogError) {
        if try isPreparedAlready() { return }
        let path = "\(directory)/\(SegmentName.preparing)"
        let file = try fileSystem.open(path, .create)
        try file.allocate(size)
        var written = 0
        while written < size {
            let count = min(Self.chunkSize, size - written)
            try file.writeZeros(from: written, count: count)
            try file.writeBack(from: written, count: count)
            written += count
            if pausing, !pause() { throw LogError(.closed, "The log was closed while a segment was prepared.") }
        }
        try file.synchronize()
        try fileSystem.rename(path, to: "\(directory)/\(SegmentName.prepared)")
    }

    /// Whether one was left over by an earlier process. A segment that was taken into use and whose new name got
    /// lost in a crash is not empty.
    private func isPreparedAlready() throws(LogError) -> Bool {
        guard try fileSystem.names(in: directory).contains(SegmentName.prepared) else { return false }
        let file = try fileSystem.open("\(directory)/\(SegmentName.prepared)", .read)
        guard try file.size() == size else { return false }
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkSize, alignment: 16)
        defer { chunk.deallocate() }
        var offset = 0
        while offset < size {
            let count = try file.read(into: chunk, at: offset)
            guard count > 0, UnsafeRawBufferPointer(rebasing: chunk[..<count]).isAllZeros else { return false }
            offset += count
        }
        return true
    }

    /// Waits a little; false if the thread is to end.
    private func pause() -> Bool {
        locked {
            if !isStopping { ctandemlog_wait(condition, mutex, Self.pauseInMilliseconds) }
            return !isStopping
        }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
