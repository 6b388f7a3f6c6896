import CTandemLog
import Glibc

/// A shell command that runs with all that it starts in a process group of its own, so that it is ended as a whole.
package struct ChildProcess: Sendable {
    /// How it ended.
    package enum Ending: Sendable {
        case exited(code: Int32)
        case killed(signal: Int32)
    }

    private let id: pid_t

    /// Starts `/bin/sh -c command`, with nothing on its standard input, this process's output, and none of its other files.
    package init(shell command: String) throws(LogError) {
        let words: [String] = ["/bin/sh", "-c", command]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var id: pid_t = 0
        let code = ctandemlog_spawn("/bin/sh", arguments, &id)
        guard code == 0 else { throw .system("run", "/bin/sh", number: code) }
        self.id = id
    }

    /// Blocks until the command itself has ended, whatever it has left behind in its group. The group's number is nobody
    /// else's before ``reap()``.
    package func waitUntilEnded() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    }

    /// How it ended; to be called once, after ``waitUntilEnded()``. Nil if somebody else has asked for it.
    package func reap() -> Ending? {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 {
            if errno != EINTR { return nil }
        }
        let signal = status & 0x7F
        return signal == 0 ? .exited(code: status >> 8 & 0xFF) : .killed(signal: signal)
    }

    /// Sends a signal to the command and all that it has started and that has not left its group.
    package func send(_ signal: Int32) { kill(-id, signal) }
}
