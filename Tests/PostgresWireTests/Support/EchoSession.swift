import Dispatch
import NIOCore

@testable import PostgresWire

/// What an ``EchoSession`` was asked for and told, for tests to look at.
final class EchoJournal: Sendable {
    private let box = LockedValue<[String]>([])
    private let waiters = LockedValue<[(String, EventLoopPromise<Void>)]>([])

    func write(_ line: String) {
        box.withLock { $0.append(line) }
        let due = waiters.withLock { waiters in
            let due = waiters.filter { $0.0 == line }.map(\.1)
            waiters.removeAll { $0.0 == line }
            return due
        }
        for promise in due { promise.succeed() }
    }

    var lines: [String] { box.withLock { $0 } }

    /// Waits until `line` is written.
    func wait(for line: String, on eventLoop: any EventLoop) async throws {
        let promise = eventLoop.makePromise(of: Void.self)
        waiters.withLock { $0.append((line, promise)) }
        if lines.contains(line) { promise.succeed() }
        let late = eventLoop.scheduleTask(in: .seconds(20)) { promise.fail(ChannelError.connectTimeout(.seconds(20))) }
        defer { late.cancel() }
        try await promise.futureResult.get()
    }
}

/// A session that understands a handful of statements:
///
/// - `echo WORD`, `SELECT $1` with parameters: the word, the parameters, in a row
/// - `rows N`: N rows of 100 bytes, written by a thread that waits for the client
/// - `begin`, `commit`, `rollback`, `error`
/// - `wait`: no answer until it is cancelled
/// - `pause`: no further message is taken until a moment later
/// - `detach`: CopyBoth on another event loop, which sends all payloads back
final class EchoSession: PostgresSession {
    typealias Machine = SessionStateMachine<FrontendMessage.Parse, Portal>

    struct Portal {
        var query: String
        var parameters: [ParameterValue]
        var formats: FormatCodes
    }

    let channel: PostgresChannel
    let journal: EchoJournal
    let replicationLoop: any EventLoop
    private var machine = Machine()
    private var answers = BackendMessages()
    private var isWaiting = false

    init(_ channel: PostgresChannel, _ journal: EchoJournal, replicationLoop: any EventLoop) {
        self.channel = channel
        self.journal = journal
        self.replicationLoop = replicationLoop
    }

    func started(_ greeting: inout BackendMessages) {
        greeting.parameterStatus("echo", "yes")
        journal.write("started")
    }

    func received(_ message: FrontendMessage) {
        switch machine.messageReceived(message) {
        case .ignore: break
        case .query(let sql): simple(sql)
        case .prepare(let parse):
            machine.statementPrepared(parse, parse)
            answers.parseComplete()
        case .bind(let bind, let statement): self.bind(bind, statement)
        case .describeStatement(let statement):
            answers.parameterDescription(statement.parameterTypes)
            describe(statement.query, count: statement.parameterTypes.count, formats: nil)
        case .describePortal(let portal):
            describe(portal.query, count: portal.parameters.count, formats: portal.formats)
        case .execute(let portal, _, _): execute(portal.query, portal.parameters, portal.formats)
        case .closed: answers.closeComplete()
        case .flush: flush()
        case .sync: ready()
        case .copyData, .copyDone: break
        case .fail(let error, let after): failed(error, after)
        case .terminate:
            flush()
            channel.close()
        }
    }

    func readCompleted() {
        journal.write("read completed")
        flush()
    }

    func cancelRequested() {
        journal.write("cancel requested")
        guard isWaiting else { return }
        isWaiting = false
        failed(PostgresError(code: .queryCanceled, message: "canceling statement due to user request"))
        flush()
    }

    func shutdownRequested() {
        journal.write("shutdown requested")
        if !isWaiting { channel.close(.adminShutdown) }
    }

    func writabilityChanged(_ isWritable: Bool) { journal.write("writable \(isWritable)") }

    func closed() { journal.write("closed") }

    // MARK: Statements

    private func simple(_ sql: String) {
        let words = sql.split(separator: " ", maxSplits: 1).map(String.init)
        switch words.first?.lowercased() {
        case "wait":
            isWaiting = true
            journal.write("waiting")
        case "rows": rows(Int(words.last ?? "") ?? 0)
        case "detach": detach()
        case "pause":
            execute("echo paused", [], .all(.text))
            ready()
            flush()
            channel.pauseReading()
            let channel = channel
            let journal = journal
            channel.eventLoop.scheduleTask(in: .milliseconds(20)) {
                journal.write("resumed")
                channel.resumeReading()
            }
        default:
            if words.first?.lowercased() == "echo" { describe(sql, count: 0, formats: nil) }
            execute(sql, [], .all(.text))
            if machine.state == .simpleQuery { ready() }
        }
    }

    private func bind(_ bind: FrontendMessage.Bind, _ statement: FrontendMessage.Parse) {
        var values: [ParameterValue] = []
        do throws(PostgresError) {
            for (index, bytes) in bind.parameters.enumerated() {
                let type = index < statement.parameterTypes.count ? statement.parameterTypes[index] : .unspecified
                values.append(
                    try ParameterValue(decoding: bytes, type: type, format: bind.parameterFormats[index]))
            }
        } catch {
            return failed(error)
        }
        machine.portalBound(
            bind, Portal(query: statement.query, parameters: values, formats: bind.resultFormats))
        answers.bindComplete()
    }

    private func describe(_ sql: String, count: Int, formats: FormatCodes?) {
        let columns = sql.lowercased().hasPrefix("select") ? count : sql.hasPrefix("echo") ? 1 : 0
        guard columns > 0 else { return answers.noData() }
        answers.rowDescription(
            (1...columns).map { ColumnDescription(name: "c\($0)", type: .text) }, formats: formats)
    }

    private func execute(_ sql: String, _ parameters: [ParameterValue], _ formats: FormatCodes) {
        journal.write("execute \(sql)")
        switch sql.lowercased().trimmingSpaces() {
        case "": answers.emptyQueryResponse()
        case "begin":
            machine.transactionChanged(.inTransaction)
            answers.commandComplete("BEGIN")
        case "commit", "rollback":
            machine.transactionChanged(.idle)
            answers.commandComplete(sql.uppercased())
        case "error": failed(PostgresError(code: .syntaxError, message: "you asked for it", position: 1))
        case let text where text.hasPrefix("echo "): row([.text(String(sql.dropFirst(5)))], formats)
        case let text where text.hasPrefix("select"): row(parameters, formats)
        default: answers.commandComplete("OK")
        }
    }

    private func row(_ values: [ParameterValue], _ formats: FormatCodes) {
        answers.beginDataRow(columns: values.count)
        do throws(PostgresError) {
            for (index, value) in values.enumerated() {
                switch value {
                case .null: answers.writeNull()
                case .integer(let integer): try answers.write(integer: integer, as: .text, formats[index])
                case .real(let real): try answers.write(real: real, as: .text, formats[index])
                case .text(let text): answers.write(string: String(buffer: text))
                case .bytes(let bytes): answers.write(string: "\(bytes.readableBytes) bytes")
                }
            }
            try answers.endDataRow()
            answers.commandComplete("SELECT 1")
        } catch {
            failed(error)
        }
    }

    /// Written by a thread of its own, which waits whenever the client is slow.
    private func rows(_ count: Int) {
        let channel = channel
        let journal = journal
        machine.readyForQuery(.idle)
        channel.pauseReading()
        DispatchQueue.global().async {
            var messages = BackendMessages()
            messages.rowDescription([ColumnDescription(name: "c", type: .text)])
            for _ in 0..<count {
                messages.beginDataRow(columns: 1)
                messages.write(string: String(repeating: "x", count: 100))
                try? messages.endDataRow()
                guard messages.byteCount > 32 * 1024 else { continue }
                if !channel.isWritable, !journal.lines.contains("not writable") { journal.write("not writable") }
                if channel.waitUntilWritable(timeout: .seconds(20)) != .writable { return }
                channel.send(messages.take())
            }
            messages.commandComplete("SELECT \(count)")
            messages.readyForQuery(.idle)
            channel.send(messages.take())
            channel.resumeReading()
        }
    }

    private func detach() {
        var messages = BackendMessages()
        messages.copyBothResponse()
        channel.send(messages.take())
        let journal = journal
        channel.detach(to: replicationLoop) { channel in EchoStream(channel, journal) }.whenFailure { error in
            journal.write("not detached: \(error)")
        }
    }

    // MARK: Answers

    private func failed(_ error: PostgresError) {
        guard case .fail(let error, let after) = machine.errorRaised(error) else { return }
        failed(error, after)
    }

    private func failed(_ error: PostgresError, _ after: Machine.AfterError) {
        answers.errorResponse(error)
        switch after {
        case .readyForQuery: ready()
        case .ignoreUntilSync: break
        case .close:
            flush()
            channel.close()
        }
    }

    private func ready() {
        machine.readyForQuery(machine.transactionStatus)
        answers.readyForQuery(machine.transactionStatus)
    }

    private func flush() {
        if !answers.isEmpty { channel.send(answers.take()) }
    }
}

/// Sends all payloads back, on the loop it was moved to.
final class EchoStream: PostgresSession {
    private let channel: PostgresChannel
    private let journal: EchoJournal
    private var answers = BackendMessages()

    init(_ channel: PostgresChannel, _ journal: EchoJournal) {
        channel.eventLoop.preconditionInEventLoop()
        self.channel = channel
        self.journal = journal
        journal.write("detached")
    }

    func received(_ message: FrontendMessage) {
        switch message {
        case .copyData(let payload): answers.copyData(payload)
        case .copyDone:
            answers.copyDone()
            answers.commandComplete("COPY 0")
            answers.readyForQuery(.idle)
        case .terminate: channel.close()
        default: channel.close(.adminShutdown)
        }
    }

    func readCompleted() {
        if !answers.isEmpty { channel.send(answers.take()) }
    }

    func cancelRequested() { journal.write("stream cancel requested") }

    func shutdownRequested() { channel.close(.adminShutdown) }

    func closed() { journal.write("stream closed") }
}

extension String {
    fileprivate func trimmingSpaces() -> String {
        var text = self[...]
        while let last = text.last, last == " " || last == ";" { text.removeLast() }
        return String(text)
    }
}
