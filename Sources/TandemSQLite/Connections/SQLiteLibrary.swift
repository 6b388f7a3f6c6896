import CTandemSQLite

/// The settings of SQLite that hold for all of the process.
enum SQLiteLibrary {
    /// Done once. A program that has used SQLite before keeps its own choice.
    private static let configured: Void = ctandem_configure_library()

    /// To be called before whatever opens a database first.
    static func configure() { configured }
}
