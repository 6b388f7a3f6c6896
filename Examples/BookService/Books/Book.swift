import Foundation
import Hummingbird

/// A book, as it is in the table and as clients see it.
struct Book: Codable, ResponseEncodable {
    var id: Int
    var title: String
    var createdAt: Date
    var updatedAt: Date
}
