import SwiftSyntax
import SwiftSyntaxMacros

/// `@TransactionalMethods`, which gives a type's methods their `@Transactional`.
public struct TransactionalMethodsMacro: MemberAttributeMacro {
    public static func expansion(
        of attribute: AttributeSyntax, attachedTo declaration: some DeclGroupSyntax,
        providingAttributesFor member: some DeclSyntaxProtocol, in context: some MacroExpansionContext
    ) throws -> [AttributeSyntax] {
        guard let function = member.as(FunctionDeclSyntax.self), takesDefault(function) else { return [] }
        return [attribute.with(\.attributeName, "Transactional").trimmed]
    }

    /// Whether a method is one that others call and that can run in a transaction.
    private static func takesDefault(_ function: FunctionDeclSyntax) -> Bool {
        let effects = function.signature.effectSpecifiers
        guard function.body != nil, effects?.asyncSpecifier != nil, effects?.throwsClause != nil else { return false }
        let isPrivate = function.modifiers.contains { modifier in
            modifier.name.tokenKind == .keyword(.private) || modifier.name.tokenKind == .keyword(.fileprivate)
        }
        let isMarked = function.attributes.contains { element in
            element.as(AttributeSyntax.self)?.attributeName.trimmedDescription == "Transactional"
        }
        return !isPrivate && !isMarked
    }
}
