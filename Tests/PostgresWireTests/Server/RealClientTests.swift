import Foundation
import Testing

@testable import PostgresWire

/// The clients people use, as processes.
@Suite(.timeLimit(.minutes(2))) struct RealClientTests {
    /// Runs a program to its end, off the threads that tests run on.
    private static func run(_ arguments: [String]) async throws -> (status: Int32, output: String) {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                process.arguments = arguments
                let pipe = Pipe()
                process.standardOutput = pipe
                process.standardError = pipe
                process.standardInput = FileHandle.nullDevice
                do {
                    try process.run()
                } catch {
                    return continuation.resume(throwing: error)
                }
                let output = pipe.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                continuation.resume(
                    returning: (process.terminationStatus, String(decoding: output, as: UTF8.self)))
            }
        }
    }

    private static func works(_ command: String) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "\(command) > /dev/null 2>&1"]
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    static let hasPsql = works("psql --version")
    static let hasPsycopg = works("python3 -c 'import psycopg'")

    @Test(.enabled(if: hasPsql, "psql is not installed")) func psql() async throws {
        try await EchoServer.run { echo in
            let url = "postgresql://tester@127.0.0.1:\(echo.server.port)/db"
            let good = try await Self.run(["psql", "-XAt", "-c", "echo hello", "-c", "echo again", url])
            #expect(good.output == "hello\nagain\n")
            #expect(good.status == 0)
            let bad = try await Self.run(["psql", "-XAt", "-v", "VERBOSITY=verbose", "-c", "error", url])
            #expect(bad.output.contains("42601: you asked for it"))
            #expect(bad.status == 1)
            let refused = try await Self.run([
                "psql", "-XAt", "-c", "x", url.replacingOccurrences(of: "/db", with: "/forbidden"),
            ])
            #expect(refused.output.contains("database \"forbidden\" does not exist"))
            #expect(refused.status == 2)
            let tls = try await Self.run(["psql", "-XAt", "-c", "x", url + "?sslmode=require"])
            #expect(tls.output.contains("server does not support SSL"))
        }
    }

    @Test(.enabled(if: hasPsycopg, "python3 has no module psycopg")) func psycopg() async throws {
        let script = """
            import sys, datetime, decimal, uuid, psycopg
            url = sys.argv[1]
            with psycopg.connect(url) as c:
                print(c.execute("SELECT %s, %s, %s", (1, "ü", None)).fetchone())
                print(c.execute("SELECT %b, %b", (300, 1.5), binary=True).fetchone())
                print(c.execute("SELECT %b", (datetime.datetime(2024, 2, 29, 1, 2, 3, 4),)).fetchone())
                print(c.execute("SELECT %b", (decimal.Decimal("12.50"),)).fetchone())
                print(c.execute("SELECT %s", (uuid.UUID(int=1),)).fetchone())
                for i in range(7):
                    c.execute("SELECT %s", (i,), prepare=True)
                c.commit()
                try:
                    c.execute("error")
                except psycopg.errors.SyntaxError as e:
                    print(e.sqlstate, c.info.transaction_status.name)
                c.rollback()
            with psycopg.connect(url, autocommit=True) as c:
                with c.pipeline():
                    cursors = [c.execute("SELECT %s", (i,)) for i in range(20)]
                    print(sum(int(cursor.fetchone()[0]) for cursor in cursors))
            """
        try await EchoServer.run { echo in
            let url = "postgresql://tester@127.0.0.1:\(echo.server.port)/db"
            let result = try await Self.run(["python3", "-c", script, url])
            #expect(
                result.output == """
                    ('1', 'ü', None)
                    ('300', '1.5')
                    ('2024-02-29 01:02:03.000004',)
                    ('12.5',)
                    ('00000000-0000-0000-0000-000000000001',)
                    42601 INERROR
                    190

                    """)
            #expect(result.status == 0)
        }
    }
}
