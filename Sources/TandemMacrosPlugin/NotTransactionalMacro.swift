import SwiftSyntax
import SwiftSyntaxMacros

/// `@NotTransactional`, which says something to ``TransactionalMacro`` and makes nothing.
public struct NotTransactionalMacro: PeerMacro {
    public static func expansion(
        of attribute: AttributeSyntax, providingPeersOf declaration: some DeclSyntaxProtocol,
        in context: some MacroExpansionContext
    ) throws -> [DeclSyntax] { [] }
}
