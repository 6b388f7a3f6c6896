import Foundation
import Hummingbird

/// Answers in JSON with dates such as `2021-05-06T22:42:33`, in UTC.
struct BookRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    var responseEncoder: JSONEncoder { Self.encoder }

    init(source: Source) { coreContext = CoreRequestContextStorage(source: source) }

    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            let text = date.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: false))
            var container = encoder.singleValueContainer()
            try container.encode(text)
        }
        return encoder
    }()
}
