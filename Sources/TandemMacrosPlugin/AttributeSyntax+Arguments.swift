import SwiftSyntax

extension AttributeSyntax {
    var labeledArguments: [LabeledExprSyntax] { arguments?.as(LabeledExprListSyntax.self).map(Array.init) ?? [] }

    /// Its name without that of its module.
    var baseName: String {
        attributeName.as(MemberTypeSyntax.self)?.name.text ?? attributeName.trimmedDescription
    }

    func hasArgument(_ label: String) -> Bool { labeledArguments.contains { $0.label?.text == label } }

    /// The attribute with its other arguments, without parentheses where it had only this one.
    func withoutArgument(_ label: String) -> AttributeSyntax {
        let others = labeledArguments.filter { $0.label?.text != label }.map(\.trimmedDescription)
        return
            "@\(raw: attributeName.trimmedDescription)\(raw: others.isEmpty ? "" : "(\(others.joined(separator: " ")))")"
    }
}
