import SwiftSyntax

extension AttributeSyntax {
    var labeledArguments: [LabeledExprSyntax] { arguments?.as(LabeledExprListSyntax.self).map(Array.init) ?? [] }

    func hasArgument(_ label: String) -> Bool { labeledArguments.contains { $0.label?.text == label } }
}
