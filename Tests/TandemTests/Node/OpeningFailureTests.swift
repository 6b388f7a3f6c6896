import GRDB
import Glibc
import TandemLog
import Testing

@testable import Tandem

@Suite struct OpeningFailureTests {
    @Test func whatTheSystemOrSQLiteSaysDecidesWhatIsToBeDone() {
        let failures: [(ResultCode, OpeningFailure)] = [
            (.SQLITE_CORRUPT, .damage), (.SQLITE_CORRUPT_VTAB, .damage), (.SQLITE_NOTADB, .damage),
            (.SQLITE_CANTOPEN, .noAccess), (.SQLITE_CANTOPEN_ISDIR, .noAccess), (.SQLITE_READONLY, .noAccess),
            (.SQLITE_PERM, .noAccess), (.SQLITE_FULL, .noRoom), (.SQLITE_IOERR_READ, .disk), (.SQLITE_BUSY, .inUse),
            (.SQLITE_ERROR, .other),
        ]
        for (code, failure) in failures { #expect(OpeningFailure(DatabaseError(resultCode: code)) == failure) }
        for number in [EACCES, EPERM, EROFS] {
            #expect(OpeningFailure(LogError(.inputOutput, "", errorNumber: number)) == .noAccess)
        }
        #expect(OpeningFailure(LogError(.inputOutput, "", errorNumber: EIO)) == .disk)
        #expect(OpeningFailure(LogError(.diskFull, "", errorNumber: ENOSPC)) == .noRoom)
    }

    @Test func onlyADamagedDatabaseIsMadeAnewAndOnlyFromAWholeLog() throws {
        let replica = NodeConfiguration.Role.replica(of: try #require(HostAndPort("127.0.0.1:7432")))
        for role in [.primary, replica] {
            #expect(OpeningFailure.damage.wayOut(role, firstRecord: 1).contains("anew from its log"))
            for failure in [OpeningFailure.noAccess, .noRoom, .disk, .inUse, .unsuitable, .other] {
                #expect(!failure.wayOut(role, firstRecord: 1).contains("tandem.sqlite"))
            }
        }
        for firstRecord in [LogIndex(2), nil] {
            let following = OpeningFailure.damage.wayOut(replica, firstRecord: firstRecord)
            #expect(following.contains("it takes a snapshot from the primary") && !following.contains("promote"))
            let reigning = OpeningFailure.damage.wayOut(.primary, firstRecord: firstRecord)
            #expect(reigning.contains("'tandem promote'") && reigning.contains("cannot be made anew"))
        }
    }
}
