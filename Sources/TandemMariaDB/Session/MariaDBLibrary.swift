import CMariaDB

/// MariaDB's Connector/C, which must be made ready once before several threads use it.
enum MariaDBLibrary {
    static let isReady = mysql_server_init(0, nil, nil) == 0
}
