import Tandem
import TandemEtcd
import Testing

@Suite struct EtcdOptionsTests {
    @Test func anAddressNamesEndpointsAndAPath() throws {
        let options = try #require(EtcdOptions("etcd://10.0.0.1:2379,[::1]:4001,etcd-3/tandem/books"))
        #expect(options.endpoints.map(\.description) == ["10.0.0.1:2379", "[::1]:4001", "etcd-3:2379"])
        #expect(options.path == "tandem/books")
        #expect(!options.usesTLS)
        #expect(options.user == nil)
    }

    @Test func anAddressMayNameAUser() throws {
        let options = try #require(EtcdOptions("etcds://anna:p@ss:word@etcd:2379/books"))
        #expect(options.user == "anna")
        #expect(options.password == "p@ss:word")
        #expect(options.usesTLS)
        #expect(options.path == "books")
    }

    @Test(arguments: [
        "", "http://etcd:2379/books", "etcd://", "etcd://etcd:2379", "etcd://etcd:2379/", "etcd:///books",
        "etcd://etcd:2379,/books", "etcd://etcd:99999/books", "etcd://etcd:2379/books/", "etcd://anna@etcd:2379/books",
    ])
    func anythingElseIsNone(_ text: String) {
        #expect(EtcdOptions(text) == nil)
    }
}
