import CPQ
import TandemTransactions

/// libpq's parameters of a connection, and the hosts they name. They contain the password, and are never shown.
final class ConnectionParameters: Sendable, CustomStringConvertible, CustomReflectable {
    /// One of the hosts.
    struct Host: Sendable, Hashable {
        /// For people: `db-1:7432`.
        var name: String
        var parameters: [Parameter]
    }

    struct Parameter: Sendable, Hashable {
        var keyword: String
        var value: String
    }

    let hosts: [Host]

    /// Parameters with which a host that has died is found out, where nothing else is said. Without them a COMMIT
    /// waits for hours for the answer of a machine that is gone.
    private static let defaults = [
        Parameter(keyword: "keepalives_idle", value: "30"), Parameter(keyword: "keepalives_interval", value: "10"),
        Parameter(keyword: "keepalives_count", value: "3"), Parameter(keyword: "tcp_user_timeout", value: "60000"),
        Parameter(keyword: "application_name", value: "tandem"),
    ]

    /// Reads a URI or a list of keywords and values, as libpq does; what is missing comes from its environment
    /// (`PGHOST`, `PGUSER`, …) and its password file.
    ///
    /// - Throws: ``DatabaseError`` (`invalidValue`), which quotes nothing of the text.
    init(_ text: String) throws {
        let given = try Self.parse(text).filter { $0.keyword != "target_session_attrs" }
        func value(_ keyword: String) -> String? { given.first { $0.keyword == keyword }?.value }
        let lists = [value("host"), value("hostaddr"), value("port")].map(Self.list)
        let (names, addresses, ports) = (lists[0], lists[1], lists[2])
        let count = max(names.count, addresses.count, 1)
        guard names.isEmpty || addresses.isEmpty || names.count == addresses.count else {
            throw Self.invalid("it has \(names.count) hosts and \(addresses.count) addresses")
        }
        guard ports.count <= 1 || ports.count == count else {
            throw Self.invalid("it has \(count) hosts and \(ports.count) ports")
        }
        let common = given.filter { !["host", "hostaddr", "port"].contains($0.keyword) }
        let defaults = Self.defaults.filter { parameter in !given.contains { $0.keyword == parameter.keyword } }
        let encoding = [Parameter(keyword: "client_encoding", value: "UTF8")]
        hosts = (0..<count).map { place in
            let port = ports.isEmpty ? "" : ports[ports.count == 1 ? 0 : place]
            let own = [
                Parameter(keyword: "host", value: names.isEmpty ? "" : names[place]),
                Parameter(keyword: "hostaddr", value: addresses.isEmpty ? "" : addresses[place]),
                Parameter(keyword: "port", value: port),
            ].filter { !$0.value.isEmpty }
            let shown = names.isEmpty ? (addresses.isEmpty ? "localhost" : addresses[place]) : names[place]
            return Host(
                name: "\(shown.isEmpty ? "localhost" : shown):\(port.isEmpty ? "5432" : port)",
                parameters: common.filter { $0.keyword != "client_encoding" } + own + defaults + encoding)
        }
    }

    var description: String { hosts.map(\.name).joined(separator: ",") }

    var customMirror: Mirror { Mirror(self, children: ["hosts": description]) }

    private static func list(_ value: String?) -> [String] {
        value.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) } ?? []
    }

    /// `tandem://` is understood as `postgresql://`, which is what a Tandem node speaks.
    private static func parse(_ text: String) throws -> [Parameter] {
        let text = text.hasPrefix("tandem://") ? "postgresql" + text.dropFirst("tandem".count) : text
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &message) else {
            defer { PQfreemem(message) }
            let words = message.map { String(cString: $0).firstLine } ?? "out of memory"
            // What stands in quotation marks may be a part of the password.
            throw invalid(words.replacing(/"[^"]*("|$)/, with: "…"))
        }
        defer { PQconninfoFree(options) }
        var parameters: [Parameter] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                parameters.append(Parameter(keyword: String(cString: keyword), value: String(cString: value)))
            }
            option += 1
        }
        return parameters
    }

    private static func invalid(_ reason: String) -> DatabaseError {
        DatabaseError(
            .invalidValue,
            "the connection string is not of the form postgresql://user:password@host1:5432,host2:5433/database?options "
                + "or host=… port=… dbname=…: \(reason)")
    }
}
