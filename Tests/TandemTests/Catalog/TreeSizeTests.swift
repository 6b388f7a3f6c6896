import Testing

@testable import Tandem

@Suite struct TreeSizeTests {
    @Test(arguments: [
        ("/ leaf 3 4096", 1),
        // A root with three leaves, whatever is cut off.
        ("/ internal 2 4096\n/000/ leaf 9 4096\n/001/ leaf 8 4096\n/002/ leaf 1 4096", 4),
        ("/ internal 2 4096\n/000/ leaf 9 4096", 4),
        // One leaf of four that were looked at has two pages behind it: a hundred leaves have fifty.
        (
            "/ internal 99 4096\n/000/ leaf 9 4096\n/000/000+000000 overflow 0 4096\n/000/000+000001 overflow 0 4096\n"
                + "/001/ leaf 9 4096\n/002/ leaf 9 4096\n/003/ leaf 9 4096", 151
        ),
        // Ten inner pages, the last of which counts as half, with a hundred leaves each.
        ("/ internal 9 4096\n/000/ internal 99 4096\n/000/000/ leaf 5 4096\n/000/001/ leaf 5 4096", 961),
    ])
    func theFirstPagesTellOfAll(_ rows: String, _ pages: Int64) { #expect(TreeSize(rows).bytes == pages * 4096) }

    @Test(arguments: ["", "nonsense", "/ leaf x 4096", "/ internal -9 4096", "\n\n"])
    func whatIsNoneOfItsRowsCountsForNothing(_ rows: String) { #expect(TreeSize(rows).bytes == 0) }

    @Test func aTreeThatCannotBeIsAsLargeAsTheLargestFile() {
        let rows = (0..<40).map { String(repeating: "/0", count: $0) + "/ internal \(Int64.max) 65536" }
        #expect(TreeSize(rows.joined(separator: "\n")).bytes == Int64(UInt32.max) << 16)
    }
}
