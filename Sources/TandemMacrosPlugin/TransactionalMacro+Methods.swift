import SwiftSyntax
import SwiftSyntaxMacros

/// `@Transactional(methods:)` on a type, which gives its methods the attribute.
extension TransactionalMacro: MemberAttributeMacro {
    public static func expansion(
        of attribute: AttributeSyntax, attachedTo declaration: some DeclGroupSyntax,
        providingAttributesFor member: some DeclSyntaxProtocol, in context: some MacroExpansionContext
    ) throws -> [AttributeSyntax] {
        guard let function = member.as(FunctionDeclSyntax.self), takesDefault(function) else { return [] }
        guard let selection = MethodSelectionName(attribute) else {
            context.diagnose(.unknownSelection(attribute))
            return []
        }
        return selection.contains(function) ? [attribute.withoutArgument(MethodSelectionName.label)] : []
    }

    /// Whether a method can run in a transaction, and does not say itself in which.
    private static func takesDefault(_ function: FunctionDeclSyntax) -> Bool {
        let effects = function.signature.effectSpecifiers
        guard function.body != nil, effects?.asyncSpecifier != nil, effects?.throwsClause != nil else { return false }
        return !function.attributes.contains { element in
            element.as(AttributeSyntax.self)?.attributeName.trimmedDescription == "Transactional"
        }
    }
}
