/// The segments before the one that is written: whole, and each the continuation of the one before it.
struct OlderSegments {
    private let firstIndexes: [LogIndex]
    private let active: SegmentHeader
    private let store: LogStore

    init(_ segments: [LogIndex], before active: SegmentHeader, in store: LogStore) {
        firstIndexes = segments.filter { $0 < active.firstIndex }
        self.active = active
        self.store = store
    }

    /// Reads them from their first to their last byte.
    ///
    /// - Throws: ``LogError``: `damaged` with file and offset.
    func check() throws(LogError) {
        var previous: LogEnd?
        var path = store.directory
        for first in firstIndexes {
            let file = try store.openSegment(first, .read)
            let scanner = try SegmentScanner(file)
            try check(scanner.header, first, behind: previous, file.path)
            previous = try readToEnd(scanner)
            path = file.path
        }
        guard let previous, previous != active.following else { return }
        throw LogError.damage(
            "The segment ends at record \(previous.index), but the last segment follows record \(active.following.index).",
            file: path, offset: 0)
    }

    private func check(
        _ header: SegmentHeader, _ first: LogIndex, behind previous: LogEnd?, _ path: String
    ) throws(LogError) {
        guard header.group == active.group, header.firstIndex == first else {
            throw LogError.damage("The segment is not what its name says.", file: path, offset: 16)
        }
        guard let previous, previous != header.following else { return }
        throw LogError.damage(
            "The segment follows record \(header.following.index), but the one before it ends at record \(previous.index): is a segment missing?",
            file: path, offset: 32)
    }

    private func readToEnd(_ scanner: SegmentScanner) throws(LogError) -> LogEnd {
        while true {
            let place = scanner.offset
            let fault: String?
            switch try scanner.next() {
            case .record, .mark: continue
            case .end, .needs: fault = nil
            case .bad(let reason): fault = reason
            }
            let tail = try SegmentTail(
                of: scanner.file, from: place, header: scanner.header, fileSize: scanner.fileSize)
            guard tail.usedEnd > place else { return scanner.end }
            throw LogError.damage(behind: scanner.end.index, fault, file: scanner.file, offset: place)
        }
    }
}
