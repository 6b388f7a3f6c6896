import Foundation

/// What the real compiler says of a source file that uses the modules beside the tests.
enum TypeCheck {
    struct Failure: Error {
        var message: String
    }

    /// What the compiler said.
    struct Answer {
        /// Whether it was content.
        var isAccepted: Bool
        var output: String

        /// What the macros made, each expansion as text without the space around it.
        var expansions: [String] {
            let parts = output.components(separatedBy: "------------------------------\n")
            return zip(parts, parts.dropFirst())
                .filter { name, _ in name.split(separator: "\n").last?.hasPrefix("@__swiftmacro_") == true }
                .map { $1.trimmingCharacters(in: .whitespacesAndNewlines) }
        }
    }

    /// Checks a source.
    static func run(_ source: String) async throws -> Answer {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tandem-compile-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("Source.swift")
        try source.write(to: file, atomically: true, encoding: .utf8)
        let log = folder.appendingPathComponent("output")
        try Data().write(to: log)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            try [
                // The style that shows what fix-its put where.
                "swiftc", "-typecheck", "-swift-version", "6", "-diagnostic-style=llvm", "-Xfrontend",
                "-dump-macro-expansions",
            ] + moduleArguments() + [file.path]
        let output = try FileHandle(forWritingTo: log)
        process.standardOutput = output
        process.standardError = output
        let status = try await ended(process)
        return Answer(isAccepted: status == 0, output: try String(contentsOf: log, encoding: .utf8))
    }

    private static func ended(_ process: Process) async throws -> Int32 {
        try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
    }

    /// Where the modules lie, those of C that they import, and the macro's program.
    private static func moduleArguments() throws -> [String] {
        let products = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        let plugin = products.appendingPathComponent("TandemMacrosPlugin-tool").path
        guard FileManager.default.isExecutableFile(atPath: plugin) else {
            throw Failure(message: "there is no \(plugin): the tests do not lie beside what the package manager built")
        }
        let checkouts = products.appendingPathComponent("../../checkouts").standardizedFileURL
        let maps = try contents(of: products).filter {
            $0.path.hasSuffix(".build") && !$0.path.hasSuffix("-tool.build")
        }
        .map { $0.appendingPathComponent("module.modulemap") }.filter(exists)
        let headers = try contents(of: checkouts).map { $0.appendingPathComponent("Sources") }.filter(exists)
            .flatMap { try contents(of: $0) }.map { $0.appendingPathComponent("include") }
            .filter { exists($0.appendingPathComponent("module.modulemap")) }
        return ["-I", products.appendingPathComponent("Modules").path]
            + ["-load-plugin-executable", plugin + "#TandemMacrosPlugin"]
            + maps.flatMap { ["-Xcc", "-fmodule-map-file=\($0.path)"] } + headers.flatMap { ["-I", $0.path] }
    }

    private static func contents(of folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    }

    private static func exists(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }
}
