import PostgresWire

/// Goes over a statement's tokens and writes them for SQLite.
///
/// What stands before `::`, `[` or `~` is taken back from the output: it has been written already.
struct DialectRenderer {
    let source: String
    let tokens: [DialectToken]
    /// Whether it is a definition, whose text SQLite keeps: casts are left out of it.
    var isDefinition = false
    /// Whether `public.` stands before names only.
    private(set) var hasPublicSchema = false
    /// Whether it names a relation of the catalogue, wherever.
    private(set) var mentionsCatalog = false
    /// Whether it names dates or intervals, or has parameters of these, so that operators may be of these.
    private(set) var computesWithDatetimes = false
    /// The `=` that assign a value to a column, where dates may be computed: those of SET.
    private(set) var assignments: Set<Int> = []
    /// Whether it has operators that SQLite's grammar has not.
    private(set) var hasForeignOperators = false
    /// The places of `->>` where an index is named.
    private(set) var indexedArrows: Set<Int> = []
    /// What is known of the types in it.
    let places: TypedPlaces
    /// What the `||` at these places joins, where it is not texts.
    private(set) var joins: [Int: Join] = [:]
    /// For the names of functions that make JSON, which of their arguments are booleans.
    private(set) var booleans: [Int: Set<Int>] = [:]
    /// What the `-` at these places do, where it is not only what their text tells.
    private(set) var minuses: [Int: Minus] = [:]
    /// What the brackets at these places are, where it is not arrays that they are behind.
    private(set) var subscripts: [Int: Subscript] = [:]
    /// What the `::` at these places make texts of, where SQLite's own would be another text.
    private(set) var casts: [Int: TextOperand] = [:]
    /// The relations of the catalogue that the statement mentions.
    var relations: Set<String> = []
    /// Statements that complete it.
    var following: [String] = []
    var rowFunctionCount = 0
    /// Whether it calls functions of advisory locks.
    var takesAdvisoryLocks = false
    /// For each parenthesis that opens, the place of the one that closes it; nil if none does. Nil for all other tokens.
    private let closings: [Int?]
    /// Where what it defines begins (``definitionStart(_:)``).
    let definitionStart: Int?
    /// The names of tables in UPDATE and DELETE that AS has to be written before.
    let targetAliases: Set<Int>
    /// What the table of an INSERT, UPDATE or DELETE is called in the statement; nil for all others.
    lazy var targetName: String? = visibleTargetName()
    /// Whether it has a table, and so names that may be those of columns.
    lazy var mayNameColumns: Bool = tokens.contains {
        $0.kind == .word && ["from", "into", "update", "create", "alter"].contains($0.word)
    }
    /// Whether it names a relation of the catalogue or of `information_schema`.
    lazy var isAboutCatalog: Bool = mentionsCatalog || tokens.contains { $0.word == "information_schema" }
    /// How many tokens have been written so far, or looked at again. Some parts of a statement are written more than once,
    /// and so are those within them.
    var writtenCount = 0
    /// How many bytes were looked at for the names of columns.
    var namedByteCount = 0

    init(source: String, tokens: [DialectToken], _ places: TypedPlaces = TypedPlaces()) {
        self.source = source
        self.tokens = tokens
        self.places = places
        closings = Self.closings(tokens)
        definitionStart = Self.definitionStart(tokens)
        targetAliases = Set(
            tokens.indices.compactMap { verb in
                TargetAlias.place(behind: verb) {
                    guard tokens.indices.contains($0) else { return "" }
                    return tokens[$0].kind == .quotedName ? tokens[$0].text : tokens[$0].word
                } isName: {
                    tokens.indices.contains($0) && tokens[$0].isName
                }
            })
        let mentions = tokens.indices.filter { tokens[$0].isName && tokens[$0].word == "public" }
        mentionsCatalog = tokens.contains { $0.isName && CatalogNames.isRelation($0.word) }
        hasForeignOperators = tokens.contains(where: Self.isForeignOperator)
        if hasForeignOperators { indexedArrows = Self.indexedArrows(tokens) }
        computesWithDatetimes =
            !places.parameters.isEmpty || tokens.contains { $0.kind == .word && Self.isOfDatetimes($0.word) }
        if !places.isEmpty { readPlaces() }
        if minuses.values.contains(where: { $0.function == nil }) { computesWithDatetimes = true }
        if computesWithDatetimes { assignments = Self.assignments(tokens) }
        hasPublicSchema = !mentions.isEmpty && mentions.allSatisfy { word(at: $0 + 1) == "." }
    }

    /// Finds the places in the tokens again: they are told of by their numbers.
    private mutating func readPlaces() {
        let joins = tokens.indices.filter { tokens[$0].kind == .symbol && tokens[$0].text == "||" }
        if joins.count == places.joins.count {
            for (place, join) in zip(joins, places.joins) where join != .texts { self.joins[place] = join }
        }
        let calls = tokens.indices.filter { place in
            tokens[place].kind == .word && word(at: place + 1) == "("
                && TypedPlaces.values(of: tokens[place].word, count: 0) != nil
        }
        if calls.count == places.booleans.count {
            for (place, numbers) in zip(calls, places.booleans) where !numbers.isEmpty { booleans[place] = numbers }
        }
        let signs = tokens.indices.filter { tokens[$0].kind == .symbol && tokens[$0].text == "-" }
        if signs.count == places.minuses.count {
            for (place, minus) in zip(signs, places.minuses) where minus != .plain { minuses[place] = minus }
        }
        let colons = tokens.indices.filter { tokens[$0].kind == .cast }
        if colons.count == places.casts.count {
            for (place, operand) in zip(colons, places.casts) where operand != .other { casts[place] = operand }
        }
        let brackets = tokens.indices.filter { isSubscript($0) && tokens[$0].text != "[]" }
        if brackets.count == places.subscripts.count {
            for (place, part) in zip(brackets, places.subscripts) where part != .element { subscripts[place] = part }
        }
    }

    /// Whether brackets stand directly behind what they may be a subscript of.
    private func isSubscript(_ place: Int) -> Bool {
        guard tokens[place].kind == .bracket, place > tokens.startIndex,
            tokens[place - 1].range.upperBound == tokens[place].range.lowerBound
        else { return false }
        return tokens[place - 1].kind != .symbol || tokens[place - 1].text == ")"
    }

    /// The words written so far of one range, and where the last operand among them begins.
    struct Output {
        var sql = TranslatedSQL()
        var operandStart: Int?
        /// How many casts and subscripts the last operand has.
        var wrapCount = 0
        /// The token written last.
        var last: DialectToken?
        var place: Int
        let end: Int
    }

    func word(at place: Int) -> String { tokens.indices.contains(place) ? tokens[place].word : "" }

    /// The space and comments before a token.
    func gap(_ place: Int) -> String {
        guard place > tokens.startIndex else { return "" }
        return source.bytes(tokens[place - 1].range.upperBound..<tokens[place].range.lowerBound)
    }

    func appendGap(_ place: Int, to sql: inout TranslatedSQL) {
        let gap = gap(place)
        sql.append(gap, source: tokens[place].range.lowerBound - gap.utf8.count)
    }

    /// A token without what stands before it.
    func append(_ place: Int, to sql: inout TranslatedSQL) {
        sql.append(tokens[place].text, source: tokens[place].range.lowerBound)
    }

    /// A token with what stands before it.
    func appendWhole(_ place: Int, to sql: inout TranslatedSQL) {
        appendGap(place, to: &sql)
        append(place, to: &sql)
    }

    /// The place of the parenthesis that closes the one at `open`; nil if none does.
    func closing(_ open: Int) -> Int? { tokens.indices.contains(open) ? closings[open] : nil }

    private static func closings(_ tokens: [DialectToken]) -> [Int?] {
        var closings = [Int?](repeating: nil, count: tokens.count)
        var open: [Int] = []
        for (place, token) in tokens.enumerated() where token.kind == .symbol {
            if token.text == "(" { open.append(place) }
            if token.text == ")", let start = open.popLast() { closings[start] = place }
        }
        return closings
    }

    /// The parts of a range between the tokens that `isSeparator` tells, outside of parentheses.
    func parts(_ range: Range<Int>, separatedBy isSeparator: (DialectToken) -> Bool) -> [Range<Int>] {
        var depth = 0
        var start = range.lowerBound
        var parts: [Range<Int>] = []
        for place in range {
            switch tokens[place].word {
            case "(": depth += 1
            case ")": depth -= 1
            default:
                guard depth == 0, isSeparator(tokens[place]) else { continue }
                parts.append(start..<place)
                start = place + 1
            }
        }
        return range.isEmpty ? [] : parts + [start..<range.upperBound]
    }

    func list(_ range: Range<Int>) -> [Range<Int>] {
        parts(range) { $0.kind == .symbol && $0.text == "," }
    }

    /// So many tokens may be written again: what is within parts that are written twice, and within others of their kind,
    /// is written as many times as there are ways to it.
    private static let maximumOfRepetitions = 50_000

    /// A query or a whole statement.
    ///
    /// - Parameter namesColumns: whether its columns are called by others.
    mutating func query(_ range: Range<Int>, namesColumns: Bool = false) throws(PostgresError) -> TranslatedSQL {
        if let select = distinctOn(range) { return try distinctOn(range, at: select) }
        let frame = QueryFrame()
        frame.namesColumns = namesColumns
        return try render(range, frame, isFrame: true)
    }

    /// - Parameters:
    ///   - frame: the SELECT that the range belongs to.
    ///   - isFrame: whether its clauses stand in this range.
    mutating func render(_ range: Range<Int>, _ frame: QueryFrame, isFrame: Bool = false) throws(PostgresError)
        -> TranslatedSQL
    {
        var output = Output(place: range.lowerBound, end: range.upperBound)
        while output.place < output.end {
            let token = tokens[output.place]
            writtenCount += 1
            guard writtenCount <= 4 * tokens.count + Self.maximumOfRepetitions else { throw .tooDeep }
            if isFrame { nameColumn(&output, frame) }
            if output.last?.text == ".", token.isName {
                // A part of a name is no keyword.
                if token.kind == .word, ReservedLabels.contains(token.word) {
                    quote(&output, continuesOperand: true)
                } else {
                    keep(&output, continuesOperand: true)
                }
            } else if let column = frame.orderedColumns[output.place] {
                replace(through: output.place, by: try render(column, QueryFrame()), &output)
            } else if targetAliases.contains(output.place) {
                output.sql.append(" AS")
                keep(&output)
            } else if isFrame, !isAlias(output), try clause(&output, frame) {
                continue
            } else if isFrame, frame.phase == .none || frame.phase == .sources,
                try parenthesizedSelect(&output, frame)
            {
                continue
            } else if try !foreignOperators(&output, frame), try !datetimeArithmetic(&output, frame) {
                try write(token, &output, frame)
            }
        }
        if isFrame {
            nameColumn(&output, frame)
            output.sql.append(frame.end())
        }
        return output.sql
    }

    /// Whether the next word is a name given by AS, whatever else it may mean: a query or a definition may follow, too.
    func isAlias(_ output: Output) -> Bool {
        guard output.last?.kind == .word, output.last?.word == "as" else { return false }
        switch word(at: output.place) {
        case "with", "not", "materialized": return false
        // No query goes on so.
        case "select", "values", "insert", "update", "delete", "table":
            return output.place + 1 == output.end
                || [",", "from", "union", "order", "limit"].contains(word(at: output.place + 1))
        default: return true
        }
    }

    private mutating func write(_ token: DialectToken, _ output: inout Output, _ frame: QueryFrame)
        throws(PostgresError)
    {
        switch token.kind {
        case .word where ReservedLabels.contains(token.word) && isAlias(output):
            replace(through: output.place, by: TranslatedSQL("\"\(token.text)\""), &output)
        case .word where isUnreservedName(output.place): quote(&output)
        case .cast: try cast(&output)
        case .bracket: try bracket(&output, frame)
        case .word, .quotedName: try name(token, &output, frame)
        case .symbol: try symbol(token, &output, frame)
        case .string where isPatternWithBackslash(token, output):
            keep(&output)
            output.sql.append(" ESCAPE '\\'")
        case .string, .number, .parameter, .other: keep(&output)
        }
    }

    /// A backslash escapes in PostgreSQL's LIKE, in SQLite's only where ESCAPE says so. In statements about tables of
    /// users it stays SQLite's.
    private func isPatternWithBackslash(_ token: DialectToken, _ output: Output) -> Bool {
        mentionsCatalog && ["like", "ilike"].contains(output.last?.word) && token.text.contains("\\")
            && word(at: output.place + 1) != "escape"
    }

    /// Writes the next token as it is.
    func keep(_ output: inout Output, continuesOperand: Bool = false) {
        appendGap(output.place, to: &output.sql)
        if !continuesOperand || output.operandStart == nil { output.operandStart = output.sql.count }
        output.wrapCount = 0
        append(output.place, to: &output.sql)
        output.last = tokens[output.place]
        output.place += 1
    }

    /// Writes something else in place of the tokens up to `end`, as one operand.
    func replace(through end: Int, by sql: TranslatedSQL, _ output: inout Output) {
        appendGap(output.place, to: &output.sql)
        output.operandStart = output.sql.count
        output.wrapCount = 0
        output.sql.append(sql)
        output.last = tokens[end]
        output.place = end + 1
    }

    /// Leaves out the tokens up to `end`.
    func skip(through end: Int, _ output: inout Output) { output.place = end + 1 }

    /// The last operand, taken back to be part of another; nil if there is none.
    func takeOperand(_ output: inout Output) throws(PostgresError) -> TranslatedSQL? {
        guard let start = output.operandStart, start < output.sql.count else { return nil }
        guard output.wrapCount < StatementDepth.maximum else { throw .tooDeep }
        output.wrapCount += 1
        return output.sql.takeEnd(from: start)
    }
}
