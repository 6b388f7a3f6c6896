// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Books",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(path: "../tandem"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    ],
    targets: [
        .executableTarget(
            name: "Books",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "TandemHummingbird", package: "tandem"),
                .product(name: "TandemMacros", package: "tandem"),
                .product(name: "TandemPostgres", package: "tandem"),
            ])
    ]
)
