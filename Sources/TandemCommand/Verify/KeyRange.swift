/// A range of a table's rows by key: above `after`, up to `through`, each the values of a key as SQL literals with commas
/// between them; nil for no bound.
struct KeyRange: Sendable, Equatable {
    var after: String?
    var through: String?

    var words: String {
        switch (after, through) {
        case (nil, nil): "all keys"
        case (let after?, nil): "keys above \(after)"
        case (nil, let through?): "keys up to \(through)"
        case (let after?, let through?): "keys above \(after), up to \(through)"
        }
    }
}
