/// The methods of a type that take its `@Transactional`.
public enum MethodSelection: Sendable {
    /// All but private ones.
    case all
    /// Those that say `public` or `open`, as in Spring.
    case `public`
}
