// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Books",
    dependencies: [.package(path: "../tandem")],
    targets: [
        .executableTarget(
            name: "Books",
            dependencies: [
                .product(name: "TandemMacros", package: "tandem"),
                .product(name: "TandemPostgres", package: "tandem"),
            ])
    ]
)
