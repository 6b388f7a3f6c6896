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
/// @TransactionalMethods(readOnly: true)
/// struct BookReports {
///     let database: Database
///     func titles() async throws -> [String] { … }          // read-only
///     @Transactional func refresh() async throws { … }      // its own attribute replaces the default as a whole
/// }
/// ```
/// It is for the methods that are written in the type's own braces, are `async throws` and are not private. It has a name
/// of its own because Swift lets no macro stand both for methods and for types.
@attached(memberAttribute)
public macro TransactionalMethods(
    readOnly: Bool = false, propagation: Propagation = .required, isolation: IsolationLevel = .serverDefault,
    timeout: Duration? = nil, rollback: (any Error) -> ErrorDecision = { _ in .rollback },
    retry: RetryPolicy = .never, freshness: Freshness? = nil
) = #externalMacro(module: "TandemMacrosPlugin", type: "TransactionalMethodsMacro")

/// What `@Transactional` finds in a type that has no `database`: an error that says what is missing.
@available(
    *, unavailable,
    message: """
        @Transactional needs a database: give the type a property 'let database: Database' (a static one for static \
        methods)
        """
)
public var database: Database { preconditionFailure("it cannot be called") }
