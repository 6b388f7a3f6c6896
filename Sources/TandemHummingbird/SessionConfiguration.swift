import Hummingbird

/// How a session's position travels between a service and its clients.
public struct SessionConfiguration: Sendable {
    /// What the cookies' names begin with; behind it and a dot stands what tells one from another. It is part of what is
    /// signed, so that services with different names do not take each other's. Default `tandem-session`; `__Host-…` makes
    /// browsers insist on `Secure` and the path `/`.
    public var cookieName: String
    /// The header's name, in requests and answers, for clients that keep no cookies. A client whose requests run at the
    /// same time sends the values of all their answers, with commas between them. nil for none. Default `Tandem-Session`.
    public var headerName: String?
    /// For how long a position counts. It only has to outlast the replicas' lag; one that comes from before a restored
    /// backup is in the way for no longer. Default 1 hour.
    public var lifetime: Duration
    /// Whether browsers send the cookie over HTTPS only. Default true.
    public var isSecure: Bool
    /// With which requests from other sites browsers send the cookie. Default `lax`. `none` needs ``isSecure``.
    public var sameSite: Cookie.SameSite
    /// The path below which browsers send the cookie. Default `/`.
    public var path: String
    /// The domain to whose hosts the cookie is sent; nil, the default, for the host that set it.
    public var domain: String?

    /// The defaults, but for what is given.
    public init(
        cookieName: String = "tandem-session", headerName: String? = "Tandem-Session",
        lifetime: Duration = .seconds(3600), isSecure: Bool = true, sameSite: Cookie.SameSite = .lax,
        path: String = "/", domain: String? = nil
    ) {
        self.cookieName = cookieName
        self.headerName = headerName
        self.lifetime = lifetime
        self.isSecure = isSecure
        self.sameSite = sameSite
        self.path = path
        self.domain = domain
    }
}
