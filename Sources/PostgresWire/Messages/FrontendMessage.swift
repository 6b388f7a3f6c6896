import NIOCore

/// A message of the frontend, decoded ("Message Formats", chapter 55.7 of PostgreSQL's manual).
///
/// Values and payloads are slices of the bytes received: nothing is copied but text and names. The large ones are indirect,
/// because messages are passed on from hand to hand.
public enum FrontendMessage: Hashable, Sendable {
    /// `Q`: run one or more statements.
    case query(String)
    /// `P`: prepare a statement.
    indirect case parse(Parse)
    /// `B`: make a portal of a prepared statement and parameters.
    indirect case bind(Bind)
    /// `D`: describe a prepared statement or a portal.
    case describe(PreparedObject)
    /// `E`: run a portal for at most `maximumRows` rows; 0 means all.
    case execute(portal: String, maximumRows: Int)
    /// `C`: close a prepared statement or a portal.
    case close(PreparedObject)
    /// `H`: send what has been answered so far.
    case flush
    /// `S`: the end of a pipeline.
    case sync
    /// `X`: the session ends.
    case terminate
    /// `d`: a piece of a COPY stream.
    case copyData(ByteBuffer)
    /// `c`: the COPY stream's regular end.
    case copyDone
    /// `f`: the COPY stream is given up, with the reason.
    case copyFail(String)
    /// `p`: a password or a SASL message; what it means depends on the state of the start-up.
    case password(ByteBuffer)
    /// `F`: a function call, which is always refused (0A000).
    case functionCall
    /// A message whose frame is whole but whose content is not. It is answered with the error, in the place of the
    /// message it should have been, and the session goes on.
    indirect case invalid(FrontendMessageType, PostgresError)

    /// The message's type byte.
    public var type: FrontendMessageType {
        switch self {
        case .query: .query
        case .parse: .parse
        case .bind: .bind
        case .describe: .describe
        case .execute: .execute
        case .close: .close
        case .flush: .flush
        case .sync: .sync
        case .terminate: .terminate
        case .copyData: .copyData
        case .copyDone: .copyDone
        case .copyFail: .copyFail
        case .password: .password
        case .functionCall: .functionCall
        case .invalid(let type, _): type
        }
    }

    /// The content of a Parse.
    public struct Parse: Hashable, Sendable {
        /// The statement's name; empty for the unnamed one.
        public var statement: String
        public var query: String
        /// The types the client gives the parameters; may be fewer than there are, and ``PostgresType/unspecified``.
        public var parameterTypes: [PostgresType]

        public init(statement: String = "", query: String, parameterTypes: [PostgresType] = []) {
            self.statement = statement
            self.query = query
            self.parameterTypes = parameterTypes
        }
    }

    /// The content of a Bind.
    public struct Bind: Hashable, Sendable {
        /// The portal's name; empty for the unnamed one.
        public var portal: String
        /// The prepared statement's name; empty for the unnamed one.
        public var statement: String
        public var parameterFormats: FormatCodes
        /// The values as they came; nil is NULL.
        public var parameters: [ByteBuffer?]
        public var resultFormats: FormatCodes

        public init(
            portal: String = "", statement: String = "", parameterFormats: FormatCodes = .all(.text),
            parameters: [ByteBuffer?] = [], resultFormats: FormatCodes = .all(.text)
        ) {
            self.portal = portal
            self.statement = statement
            self.parameterFormats = parameterFormats
            self.parameters = parameters
            self.resultFormats = resultFormats
        }
    }
}

/// What a Describe or Close names.
public enum PreparedObject: Hashable, Sendable {
    /// A prepared statement; the empty name is the unnamed one.
    case statement(String)
    /// A portal; the empty name is the unnamed one.
    case portal(String)
}
