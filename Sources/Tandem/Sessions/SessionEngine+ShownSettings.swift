import PostgresWire
import TandemSQLite

// What SHOW and pg_settings tell of settings: the session's, and the node's.
extension SessionEngine {
    /// A setting as SHOW tells it.
    ///
    /// - Throws: ``PostgresError``: 42704 where there is none, 42501 where administrators alone are shown it.
    func settingValue(_ name: String) throws(PostgresError) -> String {
        let key = name.lowercased()
        if let value = settings.value(of: key) { return value }
        guard let setting = SettingDescription.node[key], let value = nodeSettings[key] else {
            throw SessionSettings.unknown(name)
        }
        if isHidden(key) { throw SettingDescription.hiddenRefusal(key) }
        return Self.shown(value, of: setting)
    }

    /// All that the user may see, as SHOW tells them.
    func allSettings() -> [(name: String, value: String)] {
        let ofNode = nodeSettings.compactMap { name, value -> (name: String, value: String)? in
            guard !isHidden(name), let setting = SettingDescription.node[name] else { return nil }
            return (name, Self.shown(value, of: setting))
        }
        return (settings.all + ofNode).sorted { $0.name < $1.name }
    }

    /// The rows of `pg_settings`, as a JSON array.
    var settingsTold: String {
        var rows = settings.all.map { name, value in
            let setting = SettingDescription.all[name] ?? SettingDescription(ofClient: name)
            return (name, setting.json(value, start: settings.start(of: name) ?? ""))
        }
        for (name, value) in nodeSettings where !isHidden(name) {
            guard let setting = SettingDescription.node[name] else { continue }
            rows.append((name, setting.json(value, start: value)))
        }
        return JSONText.array(rows.sorted { $0.0 < $1.0 }.map(\.1))
    }

    private var nodeSettings: [String: String] { node.settings(port: channel.localAddress?.port) }

    private func isHidden(_ name: String) -> Bool {
        SettingDescription.hidden.contains(name) && !user.roles.contains(.administrate)
    }

    private static func shown(_ value: String, of setting: SettingDescription) -> String {
        guard let unit = setting.unit, let number = Int(value) else { return value }
        return unit.text(number)
    }
}
