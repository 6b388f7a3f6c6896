import ArgumentParser
import Tandem
import TandemEtcd

/// Who promotes a replica when the primary is gone.
struct FailoverSettings: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the group keeps its lease, so that a replica takes over by itself; all nodes of a group need the same: etcd://[USER:PASSWORD@]HOST:PORT[,HOST:PORT ...]/PATH, or etcds:// with TLS. (default: only 'tandem promote' changes the primary)",
            valueName: "url"))
    var failover: String?

    @Option(
        help:
            "How long the lease lasts when its holder falls silent, whole seconds, at least 2s: a group is without a primary for at most twice as long. (default: 5s)"
    )
    var failoverLease: String?

    @Option(help: "A PEM file of the authorities that etcd's certificate is checked with. (default: the system's)")
    var failoverCa: String?

    @Option(help: "A PEM file of the certificate that this node shows to etcd.")
    var failoverCertificate: String?

    @Option(help: "A PEM file of that certificate's key.")
    var failoverKey: String?

    /// What was said, under the names the file uses.
    var said: [String: String] {
        var said: [String: String] = [:]
        said["failover"] = failover
        said["failoverLease"] = failoverLease
        said["failoverCa"] = failoverCa
        said["failoverCertificate"] = failoverCertificate
        said["failoverKey"] = failoverKey
        return said
    }
}

extension NodeSettings {
    func failover() throws -> FailoverOptions? {
        let url = "etcd://HOST:PORT[,HOST:PORT ...]/PATH, such as etcd://127.0.0.1:2379/tandem/books"
        guard var etcd = try value("failover", url, EtcdOptions.init) else {
            for key in ["failoverLease", "failoverCa", "failoverCertificate", "failoverKey"] where text(key) != nil {
                throw ValidationError("\(SettingName.option(key)) needs --failover as well")
            }
            return nil
        }
        etcd.authorityFile = text("failoverCa")
        etcd.certificateFile = text("failoverCertificate")
        etcd.keyFile = text("failoverKey")
        guard (etcd.certificateFile == nil) == (etcd.keyFile == nil) else {
            throw ValidationError("--failover-certificate and --failover-key need each other")
        }
        let lease = try value("failoverLease", "whole seconds from 2s to 1h", Self.lease) ?? .seconds(5)
        etcd.timeout = max(lease / 10, .milliseconds(300))
        do {
            var options = FailoverOptions(store: try EtcdStore(etcd))
            options.lease = lease
            return options
        } catch {
            throw ValidationError("--failover: a certificate or key cannot be read: \(error)")
        }
    }

    private static func lease(_ text: String) -> Duration? {
        DurationText.parse(text).flatMap {
            $0 >= .seconds(2) && $0 <= .seconds(3600) && $0.components.attoseconds == 0 ? $0 : nil
        }
    }
}
