import Crypto
import Foundation

/// What PostgreSQL's functions `md5` and `sha256` compute. MD5 protects nothing; it names things.
package enum Digest {
    package static func md5(of data: Data) -> [UInt8] { Array(Insecure.MD5.hash(data: data)) }
    package static func sha256(of data: Data) -> [UInt8] { Array(SHA256.hash(data: data)) }
}
