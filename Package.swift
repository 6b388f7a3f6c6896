// swift-tools-version: 6.2
import CompilerPluginSupport
import PackageDescription

/// Settings shared by every target: the Swift 6 language mode, and no warnings left standing.
let settings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "tandem",
    products: [
        .library(name: "Tandem", targets: ["Tandem"]),
        .library(name: "PostgresWire", targets: ["PostgresWire"]),
        .library(name: "TandemTransactions", targets: ["TandemTransactions"]),
        .library(name: "TandemMacros", targets: ["TandemMacros"]),
        .library(name: "TandemPostgres", targets: ["TandemPostgres"]),
        .library(name: "TandemMariaDB", targets: ["TandemMariaDB"]),
        .library(name: "TandemEmbedded", targets: ["TandemEmbedded"]),
        .library(name: "TandemEtcd", targets: ["TandemEtcd"]),
        .library(name: "TandemHummingbird", targets: ["TandemHummingbird"]),
        .executable(name: "tandem", targets: ["TandemCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-syntax", from: "603.0.1"),
    ],
    targets: [
        // The log: values, changes, records, positions; segments, codec, recovery. Knows nothing but the system.
        .target(name: "CTandemLog"),
        .target(name: "TandemLog", dependencies: ["CTandemLog"], swiftSettings: settings),

        // SQLite through GRDB: capture, apply, the one writer.
        .target(
            name: "CTandemSQLite",
            cSettings: [.define("SQLITE_ENABLE_PREUPDATE_HOOK")],
            linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(
            name: "TandemSQLite",
            dependencies: ["CTandemSQLite", "TandemLog", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: settings),

        // The replication protocol's state machines and the group commit.
        .target(
            name: "TandemReplication",
            dependencies: [
                "TandemLog", "TandemSQLite", .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: settings),

        // The PostgreSQL frontend/backend protocol, version 3.
        .target(
            name: "PostgresWire",
            dependencies: [
                "TandemThreads",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: settings),

        // The node: configuration, sessions, roles, life cycle, status; the library's front door.
        .target(
            name: "Tandem",
            dependencies: [
                "PostgresWire", "TandemLog", "TandemReplication", "TandemSQLite",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),

        // Transactions, routing and pools over any data source. Knows none of the rooms above.
        .target(
            name: "TandemTransactions",
            dependencies: [
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings),

        // @Transactional. Apart from the room above, so that only who uses it builds swift-syntax.
        .macro(
            name: "TandemMacrosPlugin",
            dependencies: [
                .product(name: "SwiftCompilerPlugin", package: "swift-syntax"),
                .product(name: "SwiftDiagnostics", package: "swift-syntax"),
                .product(name: "SwiftSyntax", package: "swift-syntax"),
                .product(name: "SwiftSyntaxBuilder", package: "swift-syntax"),
                .product(name: "SwiftSyntaxMacros", package: "swift-syntax"),
            ],
            swiftSettings: settings),
        .target(
            name: "TandemMacros", dependencies: ["TandemMacrosPlugin", "TandemTransactions"], swiftSettings: settings),

        // Threads of their own for actors whose C libraries block, and for how long one waits awake. Knows nothing but the system.
        .systemLibrary(name: "CTandemThreads"),
        .target(
            name: "TandemThreads",
            dependencies: ["CTandemThreads", .product(name: "NIOConcurrencyHelpers", package: "swift-nio")],
            swiftSettings: settings),

        // Data sources for PostgreSQL, and for Tandem nodes over the wire, through libpq.
        .systemLibrary(name: "CPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "TandemPostgres",
            dependencies: [
                "CPQ", "TandemThreads", "TandemTransactions",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings),

        // Data sources for MariaDB, through its Connector/C.
        .systemLibrary(name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
        .target(
            name: "TandemMariaDB",
            dependencies: [
                "CMariaDB", "TandemThreads", "TandemTransactions",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings),

        // A node of this process as a data source of the transaction layer.
        .target(
            name: "TandemEmbedded",
            dependencies: [
                "CTandemSQLite", "Tandem", "TandemLog", "TandemSQLite", "TandemTransactions",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings),

        // Sessions across the instances of an HTTP service. Only who uses it builds Hummingbird.
        .target(
            name: "TandemHummingbird",
            dependencies: [
                "TandemTransactions",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ],
            swiftSettings: settings),

        // The lease of a group in etcd. Only who uses it builds an HTTP client.
        .target(
            name: "TandemEtcd",
            dependencies: [
                "Tandem",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),

        .executableTarget(
            name: "TandemCommand",
            dependencies: [
                "PostgresWire", "Tandem", "TandemEtcd", "TandemLog",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),

        .testTarget(
            name: "TandemTransactionsTests",
            dependencies: [
                "TandemTransactions",
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings),
        .testTarget(name: "TandemThreadsTests", dependencies: ["TandemThreads"], swiftSettings: settings),
        .testTarget(
            name: "TandemHummingbirdTests",
            dependencies: [
                "TandemHummingbird", "TandemTransactions",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings),
        // Not on the plugin: a test target that links a macro makes the package manager build all tests, and all that they
        // need, a second time as tools of the compiler.
        .testTarget(
            name: "TandemMacrosTests", dependencies: ["TandemMacros", "TandemTransactions"], swiftSettings: settings),
        .testTarget(
            name: "TandemAcceptanceTests",
            dependencies: [
                "Tandem", "TandemEmbedded", "TandemHummingbird", "TandemMacros", "TandemMariaDB", "TandemPostgres",
                "TandemTestServers", "TandemTransactions",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            resources: [.copy("Fixtures")], swiftSettings: settings),
        // Pairs of other database servers for tests: started on loopback, ended with the test process.
        .target(
            name: "TandemTestServers",
            dependencies: [
                "CMariaDB", "CPQ", "TandemTransactions",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/TandemTestServers",
            swiftSettings: settings),
        // A program that runs another one over such a pair: `make run-example`.
        .executableTarget(
            name: "TestPair",
            dependencies: [
                "TandemTestServers",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/TestPair",
            swiftSettings: settings),
        // The example that `make run-example` starts, and what the documentation's tutorial ends its chapters with.
        .executableTarget(
            name: "BookService",
            dependencies: [
                "TandemHummingbird", "TandemMacros", "TandemMariaDB", "TandemPostgres",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            path: "Examples/BookService",
            exclude: ["README.md"],
            swiftSettings: settings),
        .executableTarget(
            name: "TutorialTransactions", dependencies: ["TandemMacros", "TandemPostgres"],
            path: "Examples/Tutorial/TutorialTransactions", swiftSettings: settings),
        .executableTarget(
            name: "TutorialRouting", dependencies: ["TandemMacros", "TandemPostgres"],
            path: "Examples/Tutorial/TutorialRouting", swiftSettings: settings),
        .executableTarget(
            name: "TutorialService",
            dependencies: [
                "TandemHummingbird", "TandemMacros", "TandemPostgres",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ],
            path: "Examples/Tutorial/TutorialService", swiftSettings: settings),

        .testTarget(name: "TandemEtcdTests", dependencies: ["Tandem", "TandemEtcd"], swiftSettings: settings),
        .testTarget(name: "TandemLogTests", dependencies: ["TandemLog"], swiftSettings: settings),
        .testTarget(name: "TandemSQLiteTests", dependencies: ["TandemSQLite"], swiftSettings: settings),
        .testTarget(
            name: "TandemReplicationTests", dependencies: ["TandemLog", "TandemReplication", "TandemSQLite"],
            swiftSettings: settings),
        .testTarget(
            name: "PostgresWireTests",
            dependencies: [
                "PostgresWire", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TandemPostgresTests",
            dependencies: [
                "TandemPostgres", "TandemTestServers", "TandemTransactions",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TandemMariaDBTests",
            dependencies: [
                "TandemMariaDB", "TandemTestServers", "TandemTransactions",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TandemTests",
            dependencies: [
                "PostgresWire", "Tandem", "TandemLog", "TandemReplication", "TandemSQLite",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TandemEmbeddedTests",
            dependencies: [
                "PostgresWire", "Tandem", "TandemEmbedded", "TandemTransactions",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
