import Foundation
import TandemLog
import TandemSQLite

/// The thread that adds up tables' rows beside the node's work: those whose sum is not known, and those that another
/// program may have changed (docs/SQLITE.md, "Content checksums").
///
/// It works at most half of the time, on a reader of its own; each table in one state of the database.
final class ContentChecker: Sendable {
    /// What came of adding up a table.
    enum Finding: Sendable {
        case sum(ContentResult)
        /// The table cannot be read.
        case unreadable(ContentWork, String)
    }

    private struct State {
        var work: [ContentWork] = []
        var isStopping = false
        var isRunning = false
    }

    private let monitor = Monitor(State())
    private let path: String
    private let options: ConnectionOptions
    private let found: @Sendable (Finding) -> Void

    /// It looks at the clock after so many rows.
    private static let rowsAStep = 256
    /// It works so long before it pauses as long.
    private static let stretch = Duration.milliseconds(20)
    /// How long it waits before it tries again what has failed for want of memory, of the disk, or of anything else that
    /// says nothing of the rows.
    private let pauseAfterFailure: Duration

    /// - Parameter found: is called on the checker's thread.
    init(
        path: String, options: ConnectionOptions, pauseAfterFailure: Duration = .seconds(5),
        found: @escaping @Sendable (Finding) -> Void
    ) {
        self.pauseAfterFailure = pauseAfterFailure
        self.path = path
        self.options = options
        self.found = found
    }

    /// Says what is to be done, in the place of what was said before; the thread is started for it.
    func set(_ work: [ContentWork]) {
        let mustStart = monitor.signal { state in
            guard !state.isStopping else { return false }
            state.work = work
            defer { state.isRunning = state.isRunning || !work.isEmpty }
            return !state.isRunning && !work.isEmpty
        }
        guard mustStart else { return }
        Thread.start(named: "tandem-content") { [self] in run() }
    }

    /// Ends the thread, and waits for it.
    func stop() {
        monitor.signal { $0.isStopping = true }
        _ = monitor.wait { state in state.isRunning ? nil : true }
    }

    private func run() {
        repeat { addUp() } while !hasEnded()
    }

    /// Whether nothing more has come in the last moment; the thread ends then.
    private func hasEnded() -> Bool {
        monitor.signal { state in
            guard state.isStopping || state.work.isEmpty else { return false }
            state.isRunning = false
            return true
        }
    }

    /// Works until nothing is to be done any more.
    private func addUp() {
        var reader: ReaderConnection?
        while let work = next() {
            do {
                let opened = try reader ?? ReaderConnection(path: path, options: options)
                reader = opened
                try add(work, on: opened)
            } catch let error as SQLiteError where error.isDamage {
                done(work)
                found(.unreadable(work, error.message))
            } catch {
                // The table is none the more known for it; others have their turn first.
                putBack(work)
                pause(pauseAfterFailure)
            }
        }
        try? reader?.close()  // Nothing is lost with a reader.
    }

    private func next() -> ContentWork? {
        monitor.withLock { state in state.isStopping ? nil : state.work.first }
    }

    private func add(_ work: ContentWork, on reader: ReaderConnection) throws(SQLiteError) {
        guard let reading = try ContentReading(work, on: reader) else { return done(work) }
        var began = ContinuousClock.now
        while isWanted(work) {
            if let result = try reading.step(rows: Self.rowsAStep) {
                done(work)
                return found(.sum(result))
            }
            if began.duration(to: .now) >= Self.stretch {
                pause(Self.stretch)
                began = .now
            }
        }
    }

    private func pause(_ duration: Duration) {
        _ = monitor.wait(until: .now + duration) { state in state.isStopping ? true : nil }
    }

    private func isWanted(_ work: ContentWork) -> Bool {
        monitor.withLock { state in !state.isStopping && state.work.contains(work) }
    }

    private func putBack(_ work: ContentWork) {
        monitor.withLock { state in
            guard let place = state.work.firstIndex(of: work) else { return }
            state.work.append(state.work.remove(at: place))
        }
    }

    private func done(_ work: ContentWork) {
        monitor.withLock { state in state.work.removeAll { $0 == work } }
    }
}
