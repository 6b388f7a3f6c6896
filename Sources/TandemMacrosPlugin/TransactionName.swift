import SwiftSyntax

/// A method's full name as people write it: `BookService.rename(to:)`.
struct TransactionName {
    let text: String

    /// - Parameter context: what the method stands in, the innermost first.
    init(of function: FunctionDeclSyntax, in context: [Syntax]) {
        let labels = function.signature.parameterClause.parameters.map { "\($0.firstName.text):" }.joined()
        let types = context.compactMap(Self.typeName).reversed()
        text = (types + ["\(function.name.text)(\(labels))"]).joined(separator: ".").replacing("\"", with: "'")
    }

    private static func typeName(_ node: Syntax) -> String? {
        if let group = node.asProtocol(NamedDeclSyntax.self), node.asProtocol(DeclGroupSyntax.self) != nil {
            return group.name.text
        }
        return node.as(ExtensionDeclSyntax.self)?.extendedType.trimmedDescription
    }
}
