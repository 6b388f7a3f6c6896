import Glibc

/// Checks every byte of a log's files that has a checksum, without changing anything.
///
/// It may run beside the node; what the node is just writing, or cutting off, may then look like a torn tail, never like
/// damage.
public struct LogVerifier: Sendable {
    /// What a log was found to hold.
    public struct Report: Sendable {
        public var group: GroupID?
        public var segmentCount = 0
        public var recordCount = 0
        /// How many changes the transactions have.
        public var changeCount = 0
        /// How many bytes the records take, without headers and batch marks.
        public var recordBytes: UInt64 = 0
        /// The first record that is still there; nil for an empty log.
        public var firstIndex: LogIndex?
        /// The last record of an unbroken log; nil for an empty one.
        public var lastIndex: LogIndex?
        /// The commit index of the last batch mark.
        public var knownCommit = LogIndex.zero
        public var history = EpochHistory()
        /// What follows the last record and is none: a crash leaves it, and the next start cuts it.
        public var tornTail: Recovery.Cut?
        /// The first damage; nothing behind it was looked at.
        public var damage: LogError?

        public var isSound: Bool { damage == nil }
    }

    /// How often the log is read at most where something else is seen each time.
    private static let maximumLooks = 8

    public let directory: String
    private let fileSystem: any FileSystem

    public init(directory: String) {
        self.init(directory: directory, fileSystem: SystemFileSystem())
    }

    package init(directory: String, fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    /// Reads the whole log. Damage is reported, not thrown, and only where it is seen twice: a node that cuts its tail
    /// back and goes on with other records, or prunes, does so between two looks at files that are each as they ought to be.
    ///
    /// - Throws: ``LogError``: `missing` if there is no log, `inputOutput` if it cannot be read.
    public func run() throws(LogError) -> Report {
        var accused: LogError?
        var looks = 0
        while true {
            looks += 1
            do throws(LogError) {
                var report = try look()
                guard let damage = report.damage else { return report }
                if let tail = tailBeingCut(with: damage) {
                    (report.damage, report.tornTail) = (nil, tail)
                    return report
                }
                let isSeenTwice = accused?.file == damage.file && accused?.offset == damage.offset
                if accused != nil && isSeenTwice || looks == Self.maximumLooks { return report }
                accused = damage
            } catch {
                // A segment that was there when the directory was read, and went.
                guard error.errorNumber == ENOENT, looks < Self.maximumLooks else { throw error }
            }
        }
    }

    /// What lies behind the place of a cut that is under way, or that a crash has broken off, is being overwritten, and the
    /// segments behind it removed: no damage.
    private func tailBeingCut(with damage: LogError) -> Recovery.Cut? {
        guard let cut = try? PendingCut(in: directory, fileSystem), let file = damage.file,
            let segment = file.split(separator: "/").last.flatMap({ SegmentName.firstIndex(String($0)) }),
            segment > cut.segment || segment == cut.segment && damage.offset.map({ $0 >= UInt64(cut.offset) }) ?? false
        else { return nil }
        return Recovery.Cut(
            file: "\(directory)/\(SegmentName.segment(cut.segment))", offset: UInt64(cut.offset),
            byteCount: UInt64(max(0, cut.usedEnd - cut.offset)),
            reason: "what follows is being cut off, or was when the node ended")
    }

    private func look() throws(LogError) -> Report {
        let segments = try SegmentName.segments(in: directory, fileSystem)
        guard !segments.isEmpty else {
            throw LogError(.missing, "There is no log: no segment lies in the directory.", file: directory)
        }
        var report = Report()
        var previous: LogEnd?
        do throws(LogError) {
            for first in segments {
                previous = try verify(first, isLast: first == segments.last, behind: previous, &report)
            }
        } catch {
            guard error.code != .inputOutput else { throw error }
            report.damage = error
        }
        return report
    }

    private func verify(
        _ first: LogIndex, isLast: Bool, behind previous: LogEnd?, _ report: inout Report
    ) throws(LogError) -> LogEnd {
        let file = try fileSystem.open("\(directory)/\(SegmentName.segment(first))", .read)
        let scanner = try SegmentScanner(file)
        try check(scanner.header, first, behind: previous, report, file)
        report.segmentCount += 1
        report.group = scanner.header.group
        report.history = scanner.header.history
        let decoder = ChangeDecoder()
        var tail: SegmentTail?
        while true {
            let place = scanner.offset
            let fault: String?
            switch try scanner.next() {
            case .record(let record):
                try note(record, decoder, &report, file, place)
                tail = nil
                continue
            case .mark(let commit):
                report.knownCommit = max(report.knownCommit, commit)
                tail = nil
                continue
            case .end, .needs: fault = nil
            case .bad(let reason): fault = reason
            }
            if let tail {
                try check(tail, fault, scanner, isLast, &report)
                return scanner.end
            }
            let found = try SegmentTail(
                of: file, from: place, header: scanner.header, fileSize: file.size())
            guard found.usedEnd > place else { return scanner.end }
            // The node may have written here since this was read ahead; what a mark proves was written before the mark.
            tail = found
            try scanner.forget()
        }
    }

    private func check(
        _ header: SegmentHeader, _ first: LogIndex, behind previous: LogEnd?, _ report: Report, _ file: any File
    ) throws(LogError) {
        let follows = previous.map { $0 == header.following } ?? true
        let sameGroup = report.group.map { $0 == header.group } ?? true
        guard header.firstIndex == first, follows, sameGroup else {
            throw LogError.damage(
                "The segment does not follow the one before it, or is not what its name says.", file: file.path,
                offset: 16)
        }
    }

    private func note(
        _ record: Record, _ decoder: ChangeDecoder, _ report: inout Report, _ file: any File, _ place: Int
    ) throws(LogError) {
        report.recordCount += 1
        report.recordBytes += UInt64(record.size)
        if report.firstIndex == nil { report.firstIndex = record.index }
        do throws(LogError) {
            decoder.begin(record)
            while try decoder.next() != nil { report.changeCount += 1 }
            if record.kind == .members { _ = try MemberRecord(decoding: record.payload) }
            if record.kind == .epoch {
                let epoch = try EpochRecord(decoding: record.payload)
                if report.history.canBegin(epoch.epoch, at: record.index) {
                    report.history.begin(epoch.epoch, at: record.index)
                }
            }
        } catch {
            throw LogError.damage(
                "Record \(record.index) is whole but cannot be read: \(error.message)", file: file.path, offset: place)
        }
        report.lastIndex = record.index
    }

    /// Judges what lies behind the last record of a segment, where there still is none after it was seen.
    private func check(
        _ tail: SegmentTail, _ fault: String?, _ scanner: SegmentScanner, _ isLast: Bool, _ report: inout Report
    ) throws(LogError) {
        guard isLast, tail.firstMark == nil else {
            throw LogError.damage(behind: scanner.end.index, fault, file: scanner.file, offset: scanner.offset)
        }
        report.tornTail = tail.torn(scanner.file, from: scanner.offset, fault)
    }
}
