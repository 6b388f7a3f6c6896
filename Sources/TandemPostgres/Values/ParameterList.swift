import CPQ
import Glibc

/// The parameters of a statement as libpq takes them.
struct ParameterList {
    /// A parameter: its declared type (0 for the one that the server infers), and its bytes.
    struct Parameter {
        var type: Oid
        /// With a NUL at the end of text; nil for SQL's NULL.
        var bytes: [UInt8]?
        var isBinary: Bool
    }

    static let none = ParameterList([])

    let parameters: [Parameter]
    let types: [Oid]

    init(_ parameters: [Parameter]) {
        self.parameters = parameters
        types = parameters.map(\.type)
    }

    var count: Int { parameters.count }

    func withPointers<Result>(
        _ body: (
            UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        if parameters.isEmpty { return body(nil, nil, nil) }
        // One copy of all bytes, so that their addresses stand still.
        let size = parameters.reduce(0) { $0 + ($1.bytes?.count ?? 0) }
        return withUnsafeTemporaryAllocation(byteCount: max(size, 1), alignment: 1) { buffer in
            var pointers: [UnsafePointer<CChar>?] = []
            var offset = 0
            for parameter in parameters {
                guard let bytes = parameter.bytes else {
                    pointers.append(nil)
                    continue
                }
                let place = UnsafeMutableRawBufferPointer(rebasing: buffer[offset...])
                place.copyBytes(from: bytes)
                pointers.append(
                    UnsafeRawPointer(buffer.baseAddress! + offset).assumingMemoryBound(to: CChar.self))
                offset += bytes.count
            }
            let lengths = parameters.map { Int32(clamping: $0.bytes?.count ?? 0) }
            let formats = parameters.map { $0.isBinary ? Int32(1) : 0 }
            return body(pointers, lengths, formats)
        }
    }
}
