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

    /// - Parameter found: is called on the checker's thread.
    init(path: String, options: ConnectionOptions, found: @escaping @Sendable (Finding) -> Void) {
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
        let thread = Thread { [self] in run() }
        thread.name = "tandem-content"
        thread.start()
    }

    /// Ends the thread, and waits for it.
    func stop() {
        monitor.signal { $0.isStopping = true }
        _ = monitor.wait { state in state.isRunning ? nil : true }
    }

    /// Works until nothing is to be done any more.
    private func run() {
        let reader = try? ReaderConnection(path: path, options: options)
        while let work = next(hasReader: reader != nil), let reader { add(work, on: reader) }
        try? reader?.close()  // Nothing is lost with a reader.
        monitor.signal { $0.isRunning = false }
        // Work may have come in the last moment.
        let missed = monitor.withLock { $0.work }
        if !missed.isEmpty, reader != nil { set(missed) }
    }

    private func next(hasReader: Bool) -> ContentWork? {
        monitor.withLock { state in state.isStopping || !hasReader ? nil : state.work.first }
    }

    private func add(_ work: ContentWork, on reader: ReaderConnection) {
        do throws(SQLiteError) {
            guard let reading = try ContentReading(work, on: reader) else { return done(work) }
            var began = ContinuousClock.now
            while isWanted(work) {
                if let result = try reading.step(rows: Self.rowsAStep) {
                    done(work)
                    return found(.sum(result))
                }
                if began.duration(to: .now) >= Self.stretch {
                    pause()
                    began = .now
                }
            }
        } catch {
            done(work)
            if error.isDamage { found(.unreadable(work, error.message)) }
        }
    }

    private func pause() {
        _ = monitor.wait(until: .now + Self.stretch) { state in state.isStopping ? true : nil }
    }

    private func isWanted(_ work: ContentWork) -> Bool {
        monitor.withLock { state in !state.isStopping && state.work.contains(work) }
    }

    private func done(_ work: ContentWork) {
        monitor.withLock { state in state.work.removeAll { $0 == work } }
    }
}
