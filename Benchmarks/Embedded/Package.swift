// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "embedded-benchmark",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "tandem", path: "../.."),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .executableTarget(
            name: "EmbeddedBenchmark",
            dependencies: [
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Tandem", package: "tandem"),
            ],
            swiftSettings: settings),

        // The raw drivers, and malloc with a counter.
        .target(
            name: "CLayerBenchmark",
            linkerSettings: [.linkedLibrary("pq"), .linkedLibrary("mariadb")]),
        .executableTarget(
            name: "LayerBenchmark",
            dependencies: [
                "CLayerBenchmark",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Tandem", package: "tandem"),
                .product(name: "TandemEmbedded", package: "tandem"),
                .product(name: "TandemMariaDB", package: "tandem"),
                .product(name: "TandemPostgres", package: "tandem"),
                .product(name: "TandemTransactions", package: "tandem"),
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
