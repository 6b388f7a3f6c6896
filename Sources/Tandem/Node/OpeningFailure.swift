import GRDB
import Glibc
import TandemLog
import TandemSQLite

/// Why a node's database cannot be opened, as far as it decides what is to be done.
enum OpeningFailure: Equatable {
    /// The file does not hold what SQLite has written to it.
    case damage
    /// The system does not let the node read or write the file.
    case noAccess
    case noRoom
    /// The disk does not do what it is asked.
    case disk
    /// Another program has the file.
    case inUse
    /// It is not a database of a node's, or SQLite is not one for it.
    case unsuitable
    case other

    init(_ error: any Error) {
        switch error {
        case let error as LogError: self.init(error)
        case let error as SQLiteError:
            self = error.code == .unsupported ? .unsuitable : OpeningFailure(resultCode: error.resultCode)
        case let error as DatabaseError: self.init(resultCode: error.extendedResultCode.rawValue)
        default: self = .other
        }
    }

    private init(_ error: LogError) {
        let isForbidden = error.errorNumber.map { [EACCES, EPERM, EROFS].contains($0) } ?? false
        self = error.code == .diskFull ? .noRoom : isForbidden ? .noAccess : .disk
    }

    private init(resultCode: Int32) {
        // The low byte is the primary code.
        self =
            switch ResultCode(rawValue: resultCode & 0xFF) {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .damage
            case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH: .noAccess
            case .SQLITE_FULL: .noRoom
            case .SQLITE_IOERR: .disk
            case .SQLITE_BUSY, .SQLITE_LOCKED: .inUse
            default: .other
            }
    }

    /// What an operator does about it, in sentences.
    ///
    /// - Parameter firstRecord: where the node's log begins; nil if there is none.
    func wayOut(_ role: NodeConfiguration.Role, firstRecord: LogIndex?) -> String {
        switch self {
        case .damage: Self.wayOutOfDamage(role, hasWholeLog: firstRecord == 1)
        case .noAccess:
            "Let the user that this node runs as read and write the file, those beside it and their directory; then start this node again."
        case .noRoom: "Make room on the disk; then start this node again."
        case .disk: "Check the disk; start this node again once it is sound."
        case .inUse: "Another program uses it: end that; then start this node again."
        case .unsuitable: "If it is not the one that this node has made, put that back."
        case .other: "Check the disk, and whether the file is the one that this node has made."
        }
    }

    /// A log that was pruned, or is gone, makes no database any more.
    private static func wayOutOfDamage(_ role: NodeConfiguration.Role, hasWholeLog: Bool) -> String {
        let moving = "move tandem.sqlite, tandem.sqlite-wal and tandem.sqlite-shm out of the data directory"
        if hasWholeLog {
            return
                "Check the disk; then \(moving) and start this node again: it makes its database anew from its log."
        }
        switch role {
        case .replica: return snapshot(moving, from: "the primary")
        case .cascade: return snapshot(moving, from: "its upstream")
        case .primary:
            return
                "Check the disk. This node's log does not hold everything any more, so its database cannot be made anew from it. Its replicas hold every acknowledged transaction: promote one ('tandem promote'), \(moving), and start this node as a replica of that one ('tandem replica'): it takes a snapshot. Where there is no replica, restore a backup ('tandem restore')."
        }
    }

    private static func snapshot(_ moving: String, from source: String) -> String {
        "Check the disk; then \(moving) and start this node again: its log does not hold everything any more, so it takes a snapshot from \(source)."
    }
}
