import SwiftSyntax

/// The cases of `MethodSelection`, as they are written in an attribute: a macro sees the text, not the value.
enum MethodSelectionName: String {
    case all
    case `public`

    static let label = "methods"

    /// Nil where the argument is something other than a case's name.
    init?(_ attribute: AttributeSyntax) {
        let argument = attribute.labeledArguments.first { $0.label?.text == Self.label }
        guard let access = argument?.expression.as(MemberAccessExprSyntax.self) else { return nil }
        self.init(rawValue: access.declName.baseName.text)
    }

    func contains(_ function: FunctionDeclSyntax) -> Bool {
        let keywords: [Keyword] = function.modifiers.compactMap { modifier in
            if case .keyword(let keyword) = modifier.name.tokenKind { keyword } else { nil }
        }
        return switch self {
        case .all: !keywords.contains(.private) && !keywords.contains(.fileprivate)
        case .public: keywords.contains(.public) || keywords.contains(.open)
        }
    }
}
