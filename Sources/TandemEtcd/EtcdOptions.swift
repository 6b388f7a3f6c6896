import Tandem

/// Where etcd is, and where in it a group's keys lie.
public struct EtcdOptions: Sendable {
    /// Its members; another is asked when one gives no answer.
    public var endpoints: [HostAndPort]
    /// What the group's keys begin with: groups that share an etcd need a path each.
    public var path: String
    /// As whom to log in; nil where etcd asks for nobody.
    public var user: String?
    /// The user's password; nil for none.
    public var password: String?
    /// Whether etcd is spoken to with TLS, and only if its certificate is valid for its host. Default false.
    public var usesTLS = false
    /// PEM file of the authorities that etcd's certificate is checked with; nil for the system's.
    public var authorityFile: String?
    /// PEM file of the certificate that this node shows; nil for none.
    public var certificateFile: String?
    /// PEM file of that certificate's key.
    public var keyFile: String?
    /// How long an answer is waited for before another endpoint is asked. Default 1 s.
    public var timeout: Duration = .seconds(1)

    /// Without a log-in and without TLS.
    public init(endpoints: [HostAndPort], path: String) {
        self.endpoints = endpoints
        self.path = path
    }

    /// `etcd://[USER:PASSWORD@]HOST:PORT[,HOST:PORT ...]/PATH`, or `etcds://` for TLS; nil for anything else. The port is
    /// 2379 unless given.
    public init?(_ url: String) {
        let isSecure = url.hasPrefix("etcds://")
        guard isSecure || url.hasPrefix("etcd://") else { return nil }
        var rest = url.dropFirst(isSecure ? 8 : 7)
        var login: Substring?
        if let at = rest.lastIndex(of: "@") {
            login = rest[..<at]
            rest = rest[rest.index(after: at)...]
        }
        guard let slash = rest.firstIndex(of: "/") else { return nil }
        let endpoints = rest[..<slash].split(separator: ",", omittingEmptySubsequences: false).map(Self.endpoint)
        let path = rest[rest.index(after: slash)...]
        guard !endpoints.contains(nil), !path.isEmpty, !path.hasSuffix("/") else { return nil }
        self.init(endpoints: endpoints.compactMap(\.self), path: String(path))
        usesTLS = isSecure
        if let login {
            guard let colon = login.firstIndex(of: ":") else { return nil }
            user = String(login[..<colon])
            password = String(login[login.index(after: colon)...])
        }
    }

    private static func endpoint(_ text: Substring) -> HostAndPort? {
        HostAndPort(text.contains(":") ? text : text + ":2379")
    }
}
