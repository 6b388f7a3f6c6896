/// What travels on a connection that is already open, in either direction, or answers a one-shot command.
public enum ReplicationMessage: Hashable, Sendable {
    case accept(Accept)
    case refused(Refused)
    case keepalive(Keepalive)
    case acknowledgement(Acknowledgement)
    case promiseAnswer(PromiseAnswer)
    case takeOver(TakeOver)
}
