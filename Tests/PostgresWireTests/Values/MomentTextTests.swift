import PostgresWire
import Testing

@Suite struct MomentTextTests {
    @Test(
        arguments: [
            ("1970-01-01", 0), ("2021-05-06 22:42:33.123456", 1_620_340_953_123_456),
            ("2021-05-06T22:42:33Z", 1_620_340_953_000_000),
            ("1970-01-01 01:00 UTC", 3_600_000_000), ("1969-12-31 23:59:59", nil), ("today", nil),
            // Beyond 64 bits with a sign.
            ("294276-12-31 23:59:59.999999", 9_224_318_015_999_999_999),
        ] as [(String, UInt64?)])
    func aMomentIsCountedFrom1970(_ text: String, _ microseconds: UInt64?) {
        #expect(MomentText.microseconds(text) == microseconds)
    }
}
