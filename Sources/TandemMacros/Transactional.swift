@_exported import TandemTransactions

/// Runs a method in a transaction of its type's `database`.
///
/// ```swift
/// struct BookService {
///     let database: Database
///
///     @Transactional(readOnly: true)
///     func titles() async throws -> [String] {
///         try await database.query("SELECT title FROM book ORDER BY id", as: String.self)
///     }
/// }
/// ```
/// The macro rewrites the method's body into a call of `database.transaction`, so it means the same as that call, and a
/// method that calls another one of its own type behaves like any other caller. The transaction is named after the
/// method: `BookService.titles()`.
///
/// On a type it is another one, with `methods:`. Without that the compiler says that a body macro cannot be attached to a type.
///
/// - Parameters: those of `Database.transaction`.
@attached(body)
public macro Transactional(
    readOnly: Bool = false, propagation: Propagation = .required, isolation: IsolationLevel = .serverDefault,
    timeout: Duration? = nil, name: String? = nil, rollback: (any Error) -> ErrorDecision = { _ in .rollback },
    retry: RetryPolicy = .never, freshness: Freshness? = nil
) = #externalMacro(module: "TandemMacrosPlugin", type: "TransactionalMacro")

/// Sets what ``Transactional(readOnly:propagation:isolation:timeout:name:rollback:retry:freshness:)`` is for the methods
/// of a type that do not say it themselves.
///
/// ```swift
/// @Transactional(methods: .all, readOnly: true)
/// struct BookReports {
///     let database: Database
///     func titles() async throws -> [String] { … }          // read-only
///     @Transactional func refresh() async throws { … }      // its own attribute replaces the default as a whole
///     @NotTransactional func download() async throws { … }  // as it is written
/// }
/// ```
/// It is for the methods that are written in the braces that it stands at, a type's or an extension's, and are
/// `async throws`: not for those that rethrow or throw errors of one type, and for static ones only where a static
/// `database` stands in the same braces.
///
/// - Parameters:
///   - methods: which of them. It cannot be left out: by it the compiler tells the attribute of a type from a method's.
///   - readOnly: this and the others are those of `Database.transaction`.
@attached(memberAttribute)
public macro Transactional(
    methods: MethodSelection, readOnly: Bool = false, propagation: Propagation = .required,
    isolation: IsolationLevel = .serverDefault, timeout: Duration? = nil,
    rollback: (any Error) -> ErrorDecision = { _ in .rollback }, retry: RetryPolicy = .never,
    freshness: Freshness? = nil
) = #externalMacro(module: "TandemMacrosPlugin", type: "TransactionalMacro")

/// Leaves a method as it is written, in a type with ``Transactional(methods:readOnly:propagation:isolation:timeout:rollback:retry:freshness:)``.
///
/// Called in a transaction, its statements join that as those of any function do.
@attached(peer)
public macro NotTransactional() = #externalMacro(module: "TandemMacrosPlugin", type: "NotTransactionalMacro")

/// What `@Transactional` finds in a type that has no `database`: an error that says what is missing.
@available(
    *, unavailable,
    message: """
        @Transactional needs a database: give the type a property 'let database: Database' (a static one for static \
        methods)
        """
)
public var database: Database { preconditionFailure("it cannot be called") }
