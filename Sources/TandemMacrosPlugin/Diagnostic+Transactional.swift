import SwiftDiagnostics
import SwiftSyntax
import SwiftSyntaxMacros

/// What is wrong with a use of `@Transactional`, and what to do.
struct TransactionalMessage: DiagnosticMessage, FixItMessage {
    let message: String
    let id: String
    var severity: DiagnosticSeverity { .error }
    var diagnosticID: MessageID { MessageID(domain: "TandemMacros", id: id) }
    var fixItID: MessageID { diagnosticID }
}

extension Diagnostic {
    /// On something that is no method with a body.
    static func notAFunction(_ attribute: AttributeSyntax, _ declaration: some DeclSyntaxProtocol) -> Diagnostic {
        let message =
            switch declaration.kind {
            case .initializerDecl:
                "@Transactional cannot be applied to an initializer, which has no 'self' to run a transaction with; use a static method that makes the value"
            case .accessorDecl: "@Transactional cannot be applied to an accessor; make it a method"
            case .functionDecl: "@Transactional needs a method with a body"
            default: "@Transactional can only be applied to methods"
            }
        return Diagnostic(node: attribute, message: TransactionalMessage(message: message, id: "notAMethod"))
    }

    /// On a type, with something else than a case's name.
    static func unknownSelection(_ attribute: AttributeSyntax) -> Diagnostic {
        Diagnostic(
            node: attribute,
            message: TransactionalMessage(
                message: "@Transactional needs 'methods: .all' or 'methods: .public' on a type, written out",
                id: "selection"))
    }

    /// A method must be `async throws`, without a type of the error; nil where it is.
    static func effects(of function: FunctionDeclSyntax) -> Diagnostic? {
        let effects = function.signature.effectSpecifiers
        if let clause = effects?.throwsClause, clause.throwsSpecifier.tokenKind == .keyword(.rethrows) {
            let plain = clause.with(\.throwsSpecifier, .keyword(.throws))
            return Diagnostic(
                node: clause, message: message(of: function, "'throws' instead of 'rethrows'"),
                fixIts: [fixIt("write 'throws'", function, completed(effects?.with(\.throwsClause, plain)))])
        }
        if let clause = effects?.throwsClause, clause.type != nil {
            let untyped = clause.with(\.leftParen, nil).with(\.type, nil).with(\.rightParen, nil)
                .with(\.trailingTrivia, clause.trailingTrivia)
            return Diagnostic(
                node: clause, message: message(of: function, "'throws' without a type"),
                fixIts: [fixIt("remove the type", function, effects?.with(\.throwsClause, untyped))])
        }
        let missing = [
            effects?.asyncSpecifier == nil ? "async" : nil, effects?.throwsClause == nil ? "throws" : nil,
        ].compactMap { $0 }.joined(separator: " ")
        guard !missing.isEmpty else { return nil }
        return Diagnostic(
            node: function.name, message: message(of: function, "to be '\(missing)'"),
            fixIts: [fixIt("add '\(missing)'", function, completed(effects))])
    }

    /// The result must have a type that a closure can say; nil where it has.
    static func result(of function: FunctionDeclSyntax) -> Diagnostic? {
        guard let type = function.signature.returnClause?.type,
            type.tokens(viewMode: .sourceAccurate).contains(where: { $0.tokenKind == .keyword(.some) })
        else { return nil }
        let message =
            "@Transactional needs the type that '\(function.name.text)' returns: write it, or 'any' instead of 'some', "
            + "for the closure of a transaction cannot return '\(type.trimmedDescription)'"
        return Diagnostic(node: type, message: TransactionalMessage(message: message, id: "result"))
    }

    private static func message(of function: FunctionDeclSyntax, _ need: String) -> TransactionalMessage {
        TransactionalMessage(
            message: "@Transactional needs '\(function.name.text)' \(need): "
                + "a transaction waits for its server, and can fail for reasons of its own",
            id: "effects")
    }

    private static func completed(_ effects: FunctionEffectSpecifiersSyntax?) -> FunctionEffectSpecifiersSyntax {
        let clause = effects?.throwsClause?.trimmed ?? ThrowsClauseSyntax(throwsSpecifier: .keyword(.throws))
        return FunctionEffectSpecifiersSyntax(
            asyncSpecifier: .keyword(.async, trailingTrivia: .space), throwsClause: clause)
    }

    private static func fixIt(
        _ text: String, _ function: FunctionDeclSyntax, _ effects: FunctionEffectSpecifiersSyntax?
    ) -> FixIt {
        let old = function.signature
        let new = old.with(\.parameterClause, old.parameterClause.with(\.trailingTrivia, []))
            .with(\.effectSpecifiers, effects?.trimmed.with(\.leadingTrivia, .space).with(\.trailingTrivia, .space))
        return FixIt(
            message: TransactionalMessage(message: text, id: "fixEffects"),
            changes: [.replace(oldNode: Syntax(old), newNode: Syntax(new))])
    }
}
