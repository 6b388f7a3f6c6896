import ArgumentParser
import Configuration
import Foundation
import SystemPackage
import Yams

/// Where settings were said: the command line, the environment or a file. Each calls them by names of its own.
struct SettingSource {
    let reader: ConfigReader
    /// What a setting is called here, for messages.
    let call: (String) -> String

    static func commandLine(_ said: [String: String]) -> SettingSource {
        let values = said.map { (AbsoluteConfigKey([$0]), ConfigValue(.string($1), isSecret: false)) }
        let provider = InMemoryProvider(name: "command line", values: Dictionary(uniqueKeysWithValues: values))
        return SettingSource(reader: ConfigReader(provider: provider), call: SettingName.option)
    }

    /// - Throws: `ValidationError` for a variable that was meant to be one of ours, by its looks.
    static func environment() throws -> SettingSource {
        let known = SettingName.all.map(SettingName.variable)
        for name in SettingName.onCommandLineAlone {
            let variable = SettingName.variable(name)
            guard let text = ProcessInfo.processInfo.environment[variable], !text.isEmpty else { continue }
            throw ValidationError(
                "the environment variable \(variable) would do nothing: say \(SettingName.option(name)) on the command line"
            )
        }
        for variable in unknownVariables.sorted() {
            guard let nearest = SettingName.nearest(to: variable, among: known) else { continue }
            throw ValidationError("the environment variable \(variable) is not known; is \(nearest) meant?")
        }
        let provider = EnvironmentVariablesProvider().prefixKeys(with: "tandem")
        return SettingSource(reader: ConfigReader(provider: provider), call: SettingName.variable)
    }

    /// Variables with our prefix that mean nothing to us. Others set such, too: Kubernetes for a service named tandem.
    static var unknownVariables: [String] {
        let known = Set(SettingName.all.map(SettingName.variable))
        return ProcessInfo.processInfo.environment.keys.filter {
            $0.hasPrefix(SettingName.environmentPrefix) && !known.contains($0)
        }
    }

    /// - Throws: `ValidationError` that names the file, and the key if one is not known.
    static func file(_ path: String) async throws -> SettingSource {
        do {
            try check(path)
            let provider = try await FileProvider<YAMLSnapshot>(filePath: FilePath(path))
            return SettingSource(reader: ConfigReader(provider: provider)) { "\($0) in \(path)" }
        } catch let error as ValidationError {
            throw error
        } catch {
            throw ValidationError("cannot read the configuration file \(path): \(words(error))")
        }
    }

    private static func check(_ path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard let node = try Yams.compose(yaml: text) else { return }
        guard let mapping = node.mapping else {
            throw ValidationError(
                "the configuration file \(path) has no settings: write lines such as 'listen: 127.0.0.1:7432'")
        }
        for (key, value) in mapping {
            let name = key.string ?? "?"
            guard !SettingName.onCommandLineAlone.contains(name) else {
                throw ValidationError(
                    "\(path): the key '\(name)' would do nothing: say \(SettingName.option(name)) on the command line")
            }
            guard SettingName.all.contains(name) else {
                let nearest = SettingName.nearest(to: name, among: SettingName.all)
                let hint = nearest.map { "is \($0) meant?" } ?? "known are \(SettingName.all.joined(separator: ", "))"
                throw ValidationError("\(path): the key '\(name)' is not known; \(hint)")
            }
            guard value.scalar != nil else { throw ValidationError("\(path): \(name) must have one value") }
        }
    }

    private static func words(_ error: any Error) -> String {
        if let error = error as? YamlError { return "\(error)" }
        return (error as NSError).localizedDescription
    }
}
