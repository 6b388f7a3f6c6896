import CTandemSQLite
import PostgresWire

/// Types by the names that PostgreSQL has for them.
enum TypeNames {
    /// `format_type`: the type's words, with what its modifier says.
    static func words(of oid: Int, modifier: Int) -> String {
        guard let entry = CatalogTypes.all.first(where: { $0.oid == oid }) else {
            guard let element = CatalogTypes.all.first(where: { $0.array == oid && oid > 0 }) else {
                return oid == 0 ? "-" : "???"
            }
            return element.words + "[]"
        }
        guard modifier >= 0 else { return entry.words }
        switch entry.name {
        case "varchar", "bpchar": return "\(entry.words)(\(modifier - 4))"
        case "numeric": return "numeric(\((modifier - 4) >> 16),\((modifier - 4) & 0xFFFF))"
        default: return entry.words
        }
    }

    /// The number of a type by its name or words; nil if it is not known.
    static func oid(of name: String) -> Int? {
        let name = unqualified(name).lowercased()
        if name.hasSuffix("[]") {
            guard let element = oid(of: String(name.dropLast(2))) else { return nil }
            return CatalogTypes.all.first { $0.oid == element }?.array
        }
        if let entry = CatalogTypes.all.first(where: { $0.name == name || $0.words == name }) { return entry.oid }
        if name.hasPrefix("_") { return CatalogTypes.all.first { "_" + $0.name == name }?.array }
        let others = ["int": 23, "decimal": 1700, "float": 701, "timestamp": 1114, "time": 1083, "character": 1042]
        return others[name]
    }

    /// PostgreSQL's modifier of a declared type: the length of VARCHAR, precision and scale of NUMERIC; -1 for none.
    static func modifier(declaredAs declaration: String) -> Int {
        guard let open = declaration.firstIndex(of: "("), let close = declaration.lastIndex(of: ")"), open < close
        else { return -1 }
        let numbers = declaration[declaration.index(after: open)..<close].split(separator: ",")
            .map { Int($0.filter(\.isNumber)) ?? -1 }
        guard let first = numbers.first, (0...10_485_760).contains(first) else { return -1 }
        switch PostgresType(declaredAs: declaration) {
        case .varchar: return first + 4
        case .numeric: return (first << 16 | min(0xFFFF, max(0, numbers.count > 1 ? numbers[1] : 0))) + 4
        default: return -1
        }
    }

    /// A name without its schema and quotes.
    static func unqualified(_ name: String) -> String {
        for prefix in ["pg_catalog.", "public.", "information_schema.", "\"public\"."] where name.hasPrefix(prefix) {
            return WordCursor.unquotedName(String(name.dropFirst(prefix.count)))
        }
        return WordCursor.unquotedName(name)
    }
}

/// A name as it has to be written in SQL.
enum QuotedName {
    /// In quotes where it needs them: PostgreSQL folds what is not in quotes to lower case.
    static func text(_ name: String) -> String {
        let isPlain =
            name.utf8.first.map { $0 == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            ?? false
            && name.utf8.allSatisfy {
                $0 == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
        return isPlain && !Keywords.reserved.contains(name) ? name : "\"\(name.replacing("\"", with: "\"\""))\""
    }
}

/// The words that SQLite's grammar knows.
enum Keywords {
    static let all: [String] = {
        var words: [String] = []
        for number in 0..<sqlite3_keyword_count() {
            var pointer: UnsafePointer<CChar>?
            var count: Int32 = 0
            guard sqlite3_keyword_name(number, &pointer, &count) == SQLITE_OK, let pointer else { continue }
            let bytes = UnsafeRawBufferPointer(start: pointer, count: Int(count))
            words.append(String(decoding: bytes, as: UTF8.self).lowercased())
        }
        return words
    }()

    static let reserved = Set(all).subtracting(["key", "action", "of", "plan", "query", "view", "row", "rows", "temp"])
}

/// Sizes as `pg_size_pretty` has them.
enum SizeText {
    static func pretty(_ bytes: Int64) -> String {
        var size = Double(bytes)
        guard abs(size) >= 10 * 1024 else { return "\(bytes) bytes" }
        for unit in ["kB", "MB", "GB"] {
            size /= 1024
            if abs(size) < 10 * 1024 { return "\(Int64(size.rounded())) \(unit)" }
        }
        return "\(Int64((size / 1024).rounded())) TB"
    }
}
