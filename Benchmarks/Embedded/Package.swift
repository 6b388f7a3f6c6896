// swift-tools-version: 6.2
import PackageDescription

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
            swiftSettings: [.treatAllWarnings(as: .error)])
    ],
    swiftLanguageModes: [.v6]
)
