import ArgumentParser
import Tandem

/// `tandem user add`.
struct UserAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Add a user.")

    @Argument(help: "The user's name.")
    var name: String

    @Option(
        help: ArgumentHelp(
            "read, write, administrate or replicate; may be said several times. (default: read and write)",
            valueName: "role"))
    var role: [String] = []

    @Option(help: "Where the new password is read from, '-' for standard input. (default: asked for)")
    var newPasswordFile: String?

    @Option(help: "Add the user to the node with this folder, which is stopped.", completion: .directory)
    var data: String?

    @OptionGroup var target: UserTarget

    func run() async throws {
        var roles: UserRoles = role.isEmpty ? .ordinary : []
        for name in role {
            guard let known = UserRoles(named: name) else {
                throw ValidationError("--role: '\(name)' is not read, write, administrate or replicate")
            }
            roles.formUnion(known)
        }
        if let data {
            let password = PasswordPrompt.newPassword(for: name, file: newPasswordFile)
            do throws(TandemError) {
                try FirstUsers.add(name: name, password: password, roles: roles, dataDirectory: data)
            } catch {
                NodeRunner.fail(error.message)
            }
            print("added \(name) (\(roles.words)); the node takes it into its group when it is the primary")
            return
        }
        let password = PasswordPrompt.newPassword(for: name, file: newPasswordFile)
        _ = try await target.run(
            "CREATE ROLE \(UserTarget.name(name)) PASSWORD \(UserTarget.secret(password)) IN ROLE \(roles.words)")
        print("added \(name) (\(roles.words))")
    }
}

/// `tandem user list`.
struct UserListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List users and their roles.")

    @OptionGroup var target: UserTarget

    func run() async throws {
        for row in try await target.run("SHOW tandem.users")?.rows ?? [] {
            print(row.map { $0 ?? "" }.joined(separator: "\t"))
        }
    }
}

/// `tandem user remove`.
struct UserRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a user. Sessions that are open go on to their end.")

    @Argument(help: "The user's name.")
    var name: String

    @OptionGroup var target: UserTarget

    func run() async throws {
        _ = try await target.run("DROP ROLE \(UserTarget.name(name))")
        print("removed \(name)")
    }
}

/// `tandem user password`.
struct UserPasswordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "password", abstract: "Give a user a new password.")

    @Argument(help: "The user's name.")
    var name: String

    @Option(help: "Where the new password is read from, '-' for standard input. (default: asked for)")
    var newPasswordFile: String?

    @OptionGroup var target: UserTarget

    func run() async throws {
        let password = PasswordPrompt.newPassword(for: name, file: newPasswordFile)
        _ = try await target.run(
            "ALTER ROLE \(UserTarget.name(name)) PASSWORD \(UserTarget.secret(password))")
        print("changed the password of \(name)")
    }
}
