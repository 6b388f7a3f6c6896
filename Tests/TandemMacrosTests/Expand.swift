import SwiftSyntaxMacroExpansion
import SwiftSyntaxMacrosGenericTestSupport
import TandemMacrosPlugin
import Testing

/// Checks what the macro makes of `source`, and what it says of it.
func expand(
    _ source: String, _ expected: String, says diagnostics: [DiagnosticSpec] = [], fixed: String? = nil,
    location: SourceLocation = #_sourceLocation
) {
    assertMacroExpansion(
        source, expandedSource: expected, diagnostics: diagnostics,
        macroSpecs: ["Transactional": MacroSpec(type: TransactionalMacro.self)],
        fixedSource: fixed,
        failureHandler: { Issue.record("\($0.message)", sourceLocation: location) })
}
