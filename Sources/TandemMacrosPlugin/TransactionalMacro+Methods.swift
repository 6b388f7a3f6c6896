import SwiftSyntax
import SwiftSyntaxMacros

/// `@Transactional(methods:)` on a type, which gives its methods the attribute.
extension TransactionalMacro: MemberAttributeMacro {
    public static func expansion(
        of attribute: AttributeSyntax, attachedTo declaration: some DeclGroupSyntax,
        providingAttributesFor member: some DeclSyntaxProtocol, in context: some MacroExpansionContext
    ) throws -> [AttributeSyntax] {
        guard let function = member.as(FunctionDeclSyntax.self), takesDefault(function, in: declaration) else {
            return []
        }
        guard let selection = MethodSelectionName(attribute) else {
            context.diagnose(.unknownSelection(attribute))
            return []
        }
        return selection.contains(function) ? [attribute.withoutArgument(MethodSelectionName.label)] : []
    }

    /// Whether a method can run in a transaction, and does not say itself whether and in which.
    private static func takesDefault(_ function: FunctionDeclSyntax, in declaration: some DeclGroupSyntax) -> Bool {
        guard function.body != nil, function.isAsyncThrows else { return false }
        if function.modifiers.areOfType, !declaration.hasDatabaseOfType { return false }
        return !function.attributes.contains { element in
            guard let name = element.as(AttributeSyntax.self)?.baseName else { return false }
            return name == "Transactional" || name == "NotTransactional"
        }
    }
}

extension FunctionDeclSyntax {
    /// Whether it may throw whatever a transaction fails with: neither `rethrows`, nor errors of one type only.
    fileprivate var isAsyncThrows: Bool {
        let effects = signature.effectSpecifiers
        guard effects?.asyncSpecifier != nil, let clause = effects?.throwsClause else { return false }
        return clause.throwsSpecifier.tokenKind == .keyword(.throws) && clause.type == nil
    }
}

extension DeclModifierListSyntax {
    /// Whether they say `static` or `class`.
    fileprivate var areOfType: Bool {
        contains { $0.name.tokenKind == .keyword(.static) || $0.name.tokenKind == .keyword(.class) }
    }
}

extension DeclGroupSyntax {
    /// Whether a static property `database` stands in the same braces: what stands elsewhere a macro does not see.
    fileprivate var hasDatabaseOfType: Bool {
        memberBlock.members.contains { member in
            guard let variable = member.decl.as(VariableDeclSyntax.self), variable.modifiers.areOfType else {
                return false
            }
            return variable.bindings.contains { $0.pattern.trimmedDescription == TransactionalMacro.property }
        }
    }
}
