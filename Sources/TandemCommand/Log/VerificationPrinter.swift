import Foundation
import TandemLog

/// Prints what was found in a log whose checksums were all looked at.
struct VerificationPrinter {
    let report: LogVerifier.Report

    /// For people. Damage goes to standard error.
    func printText() {
        print("group      \(report.group.map(\.description) ?? "-")")
        print("records    \(report.firstIndex?.description ?? "-") to \(report.lastIndex?.description ?? "-")")
        print("segments   \(report.segmentCount)")
        print("changes    \(report.changeCount)")
        print("bytes      \(report.recordBytes)")
        print("committed  at least up to \(report.knownCommit)")
        for entry in report.history.entries { print("epoch      \(entry.epoch) from \(entry.firstIndex)") }
        if let torn = report.tornTail {
            print("torn tail  \(torn.file), offset \(torn.offset): \(torn.reason); cut when the node starts")
        }
        if let damage = report.damage {
            FileHandle.standardError.write(Data("damaged: \(damage)\n".utf8))
        } else {
            print("sound      every checksum fits")
        }
    }

    /// One object, for programs: `sound` says whether there is damage, `damage` and `torn_tail` where.
    func printJSON() throws {
        let object: [String: Any] = [
            "group": report.group.map(\.description) ?? NSNull(), "segments": report.segmentCount,
            "first_index": report.firstIndex?.rawValue ?? NSNull(),
            "last_index": report.lastIndex?.rawValue ?? NSNull(), "changes": report.changeCount,
            "bytes": report.recordBytes, "committed": report.knownCommit.rawValue,
            "epochs": report.history.entries.map { entry in
                ["epoch": entry.epoch.description, "first_index": entry.firstIndex.rawValue] as [String: Any]
            },
            "torn_tail": place(report.tornTail?.file, report.tornTail?.offset, report.tornTail?.reason),
            "damage": place(report.damage?.file, report.damage?.offset, report.damage?.message),
            "sound": report.isSound,
        ]
        let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        print(String(decoding: data, as: UTF8.self))
    }

    private func place(_ file: String?, _ offset: UInt64?, _ reason: String?) -> Any {
        guard let reason else { return NSNull() }
        return ["file": file ?? NSNull(), "offset": offset ?? NSNull(), "reason": reason] as [String: Any]
    }
}
