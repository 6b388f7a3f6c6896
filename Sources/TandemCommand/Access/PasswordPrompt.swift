import Foundation

/// A new password, from whoever sits at the terminal, a file, or a pipe; never from the command line, where others
/// can see it.
enum PasswordPrompt {
    /// - Parameter file: where it is read from; `-` and, without a terminal, nil mean standard input.
    static func newPassword(for user: String, file: String?) -> String {
        if let file, file != "-" {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                NodeRunner.fail("cannot read a password from \(file)")
            }
            return checked(
                text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).first.map(String.init))
        }
        guard file == nil, isatty(STDIN_FILENO) == 1 else { return checked(readLine()) }
        let password = ask("Password of \(user): ")
        guard ask("Again: ") == password else { NodeRunner.fail("the two passwords differ") }
        return checked(password)
    }

    private static func checked(_ password: String?) -> String {
        guard let password, !password.isEmpty else { NodeRunner.fail("no password was given") }
        return password
    }

    /// Asks without showing what is typed.
    private static func ask(_ question: String) -> String? {
        FileHandle.standardError.write(Data(question.utf8))
        var shown = termios()
        tcgetattr(STDIN_FILENO, &shown)
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        return readLine()
    }
}
