import Testing

@testable import Tandem

@Suite struct SettingDescriptionTests {
    @Test func everySettingHasADescription() {
        let shown = SessionSettings.kinds.keys.filter { !$0.hasPrefix("transaction_") }
        #expect(Set(shown) == Set(SettingDescription.all.keys))
        for setting in SettingDescription.all.values {
            #expect(["bool", "integer", "enum", "string"].contains(setting.type), "\(setting.name)")
            #expect(!setting.summary.isEmpty && setting.summary.hasSuffix("."), "\(setting.name)")
            #expect(setting.type == "enum" ? !setting.words.isEmpty : setting.words.isEmpty, "\(setting.name)")
        }
    }

    private static let numbers: [(SettingUnit, String, Int, String)] = [
        (.milliseconds, "10s", 10_000, "10s"), (.milliseconds, "1500", 1_500, "1500ms"),
        (.milliseconds, "90 min", 5_400_000, "90min"), (.seconds, "60", 60, "1min"), (.bytes, "64MB", 64 << 20, "64MB"),
        (.kilobytes, "4MB", 4_096, "4MB"), (.kilobytes, "1000", 1_000, "1000kB"), (.pages, "0", 0, "0"),
    ]

    @Test(arguments: numbers)
    func aNumberIsReadAndWrittenInItsUnit(_ unit: SettingUnit, _ text: String, _ number: Int, _ shown: String) {
        #expect(unit.number(text) == number)
        #expect(unit.text(number) == shown)
    }

    @Test(arguments: ["", "x", "4XB", "-1", "99999999999999999999", "9999999999999d"])
    func whatIsNoNumberOfAUnitIsNone(_ text: String) { #expect(SettingUnit.milliseconds.number(text) == nil) }
}
