import SwiftDiagnostics
import SwiftSyntax
import SwiftSyntaxMacros

/// `@Transactional`, the expansion of a method's body.
public struct TransactionalMacro: BodyMacro {
    /// What the type has.
    static let property = "database"
    /// The arguments of a transaction that stand behind its name.
    private static let behindName: Set = ["rollback", "retry", "freshness"]

    public static func expansion(
        of attribute: AttributeSyntax,
        providingBodyFor declaration: some DeclSyntaxProtocol & WithOptionalCodeBlockSyntax,
        in context: some MacroExpansionContext
    ) throws -> [CodeBlockItemSyntax] {
        let statements = declaration.body.map { Array($0.statements) } ?? []
        guard let function = declaration.as(FunctionDeclSyntax.self), let body = function.body else {
            context.diagnose(.notAFunction(attribute, declaration))
            return statements
        }
        if let diagnostic = Diagnostic.effects(of: function) ?? Diagnostic.result(of: function) {
            context.diagnose(diagnostic)
            return statements
        }
        return ["return try await \(raw: call(attribute, function, in: context)) \(closure(function, body))"]
    }

    /// The call of `database.transaction` up to its closure.
    private static func call(
        _ attribute: AttributeSyntax, _ function: FunctionDeclSyntax, in context: some MacroExpansionContext
    ) -> String {
        var arguments = attribute.labeledArguments.map { $0.with(\.trailingComma, nil).trimmedDescription }
        if !attribute.hasArgument("name") {
            let place = attribute.labeledArguments.firstIndex { Self.behindName.contains($0.label?.text ?? "") }
            arguments.insert(
                "name: \"\(TransactionName(of: function, in: context.lexicalContext).text)\"",
                at: place ?? arguments.endIndex)
        }
        // Of the method, not of the expansion.
        if let place = context.location(of: function.name, at: .afterLeadingTrivia, filePathMode: .fileID) {
            arguments.append("fileID: \(place.file.trimmedDescription)")
            arguments.append("line: \(place.line.trimmedDescription)")
        }
        return "\(database(of: function, in: context)).transaction(\(arguments.joined(separator: ", ")))"
    }

    /// The type's property, also where a parameter has the same name. Else without `self`, so that a type that has none is
    /// told what it needs.
    private static func database(of function: FunctionDeclSyntax, in context: some MacroExpansionContext) -> String {
        let isHidden = function.signature.parameterClause.parameters.contains { parameter in
            (parameter.secondName ?? parameter.firstName).text == property
        }
        let isMethod = context.lexicalContext.first.map { $0.asProtocol(DeclGroupSyntax.self) != nil } ?? false
        return isHidden && isMethod ? "self.\(property)" : property
    }

    /// The method's body as a closure that says its type: a body of several statements would not let it be inferred.
    private static func closure(_ function: FunctionDeclSyntax, _ body: CodeBlockSyntax) -> ExprSyntax {
        let result = function.signature.returnClause?.type.trimmedDescription ?? "Void"
        return """
            { () async throws -> \(raw: result) in
            \(body.statements.trimmed)
            }
            """
    }
}
