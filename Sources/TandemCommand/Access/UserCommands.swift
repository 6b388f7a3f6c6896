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
        if let data { return add(roles, to: data) }
        let password = PasswordPrompt.newPassword(for: name, file: newPasswordFile)
        _ = try await target.run(
            "CREATE ROLE \(UserTarget.name(name)) PASSWORD \(UserTarget.secret(password)) IN ROLE \(roles.words)")
        print("added \(name) (\(roles.words))")
    }

    private func add(_ roles: UserRoles, to data: String) {
        let password = PasswordPrompt.newPassword(for: name, file: newPasswordFile)
        do throws(TandemError) {
            let hasAdministrator = try FirstUsers.add(
                name: name, password: password, roles: roles, dataDirectory: data)
            print("added \(name) (\(roles.words)); the node takes it into its group when it is the primary")
            if !hasAdministrator {
                NodeRunner.warn(
                    "none of the users added so has the role administrate. Unless the group has one already, add one: "
                        + "nobody else can change users while the node runs."
                )
            }
        } catch {
            NodeRunner.fail(error.message)
        }
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
        commandName: "remove", abstract: "Remove a user, and end the user's sessions.")

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
