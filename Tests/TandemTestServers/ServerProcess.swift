import Foundation
import Glibc
import NIOConcurrencyHelpers

/// A program that runs beside the tests: a database server, or a tool that prepares one.
///
/// It ends with the process that started it, however that ends: the kernel then sends it a signal (`PR_SET_PDEATHSIG`).
/// That signal comes when the *thread* that started it ends, hence each has a thread of its own, which waits for it.
public final class ServerProcess: Sendable {
    private enum State {
        case starting
        case running(pid_t)
        /// With its exit status, or 128 and the signal that ended it.
        case ended(Int32)
    }

    private let program: String
    private let logPath: String
    private let deathSignal: Int32
    private let state = NIOLockedValueBox(State.starting)

    /// Starts a program with its output appended to a file.
    ///
    /// - Parameters:
    ///   - user: whose rights it runs with, where this process has those of root; else it runs with those of this one.
    ///   - deathSignal: what it is sent when this process ends.
    public init(
        _ program: String, _ arguments: [String], log: String, user: String? = nil, deathSignal: String = "QUIT",
        environment: [String: String] = [:]
    ) throws {
        self.program = program
        logPath = log
        self.deathSignal = deathSignal == "KILL" ? SIGKILL : SIGQUIT
        // In `/`, because a server that runs as another user may not be let into the folder where the tests run.
        var command = ["env", "--chdir=/", "setpriv", "--pdeathsig", deathSignal]
        if geteuid() == 0, let user { command += ["--reuid", user, "--regid", user, "--init-groups"] }
        command += ["--", program] + arguments
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let spawning = Spawning(command: command, log: log, environment: variables.map { "\($0)=\($1)" })
        let started = DispatchSemaphore(value: 0)
        Thread { self.live(spawning, started) }.start()
        started.wait()
        if case .ended(let code) = state.withLockedValue({ $0 }), code < 0 {
            throw TestServerError("cannot start \(program): \(String(cString: strerror(-code)))")
        }
        ExitCleaner.shared.add(self)
    }

    public var isRunning: Bool {
        state.withLockedValue { if case .ended = $0 { false } else { true } }
    }

    /// Its process; nil when it has ended.
    public var processID: pid_t? {
        state.withLockedValue { if case .running(let process) = $0 { process } else { nil } }
    }

    /// Its exit status, or 128 and the signal that ended it; nil while it runs.
    public var exitStatus: Int32? {
        state.withLockedValue { if case .ended(let status) = $0 { status } else { nil } }
    }

    /// The end of what it has written.
    public var log: String { Self.end(of: logPath) }

    /// Sends it a signal; nothing where it has ended.
    public func signal(_ number: Int32) {
        state.withLockedValue { if case .running(let process) = $0 { _ = kill(process, number) } }
    }

    /// Sends it what it is sent when this process ends.
    func signalEnd() { signal(deathSignal) }

    /// Sends a signal to it and to the processes that it has started, as a machine that hangs stops all of them.
    public func signalFamily(_ number: Int32) {
        signal(number)
        for child in children { _ = kill(child, number) }
    }

    private var children: [pid_t] {
        guard let processID else { return [] }
        let list = try? String(contentsOfFile: "/proc/\(processID)/task/\(processID)/children", encoding: .utf8)
        return (list ?? "").split(separator: " ").compactMap { pid_t($0) }
    }

    /// Whether all of its threads have been stopped by SIGSTOP, which takes effect a moment after it was sent.
    public var isFrozen: Bool {
        get throws {
            guard let processID else { return false }
            let threads = "/proc/\(processID)/task"
            return try FileManager.default.contentsOfDirectory(atPath: threads).allSatisfy { thread in
                // The state follows the name of the program, which stands in brackets.
                let status = try String(contentsOfFile: "\(threads)/\(thread)/stat", encoding: .utf8)
                return status.split(separator: ")").last?.hasPrefix(" T") ?? false
            }
        }
    }

    /// Waits until it has ended, and gives its exit status.
    @discardableResult
    public func wait(timeout: Duration = .seconds(60)) async throws -> Int32 {
        try await waitUntil("the end of \(program)", timeout: timeout) { !isRunning }
        return exitStatus ?? 0
    }

    /// Sends it a signal, and kills it if it does not end by that.
    public func stop(_ number: Int32, timeout: Duration = .seconds(30)) async throws {
        signal(number)
        do {
            try await wait(timeout: timeout)
        } catch {
            signal(SIGKILL)
            try await wait()
        }
    }

    /// Runs a tool to its end.
    ///
    /// - Throws: ``TestServerError`` with the tool's output where it fails.
    public static func run(
        _ program: String, _ arguments: [String], log: String, user: String? = nil,
        environment: [String: String] = [:], timeout: Duration = .seconds(120)
    ) async throws {
        let process = try ServerProcess(
            program, arguments, log: log, user: user, deathSignal: "KILL", environment: environment)
        let status = try await process.wait(timeout: timeout)
        guard status == 0 else { throw TestServerError("\(program) failed with \(status)", log: process.log) }
    }

    func waitBlocking(seconds: Int) {
        for _ in 0..<(seconds * 100) where isRunning { usleep(10_000) }
        signal(SIGKILL)
    }

    /// The life of the process's thread.
    private func live(_ spawning: Spawning, _ started: DispatchSemaphore) {
        let (process, failure) = spawning.spawn()
        guard failure == 0 else {
            state.withLockedValue { $0 = .ended(-failure) }
            started.signal()
            return
        }
        state.withLockedValue { $0 = .running(process) }
        started.signal()
        var information = siginfo_t()
        // It is reaped under the lock, so that no signal goes to another process that got its number.
        while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        state.withLockedValue { state in
            var status: Int32 = 0
            waitpid(process, &status, 0)
            state = .ended(status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F))
        }
        ExitCleaner.shared.remove(self)
    }

    /// The end of a log's file; empty where there is none.
    static func end(of path: String) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { return "" }
        return String(decoding: data.suffix(6000), as: UTF8.self)
    }
}
