// The settings that there are. A line has the name, the type, the unit, who changes it, the least and the most, the words of
// an enum (`~` for a space), and what it is for; `-` for what there is not. Types, units and bounds are those of PostgreSQL 15.
extension SettingDescription {
    /// Those of a session.
    static let sessionText = """
        application_name string - user - - -: What the client calls itself in pg_stat_activity.
        block_size integer - internal - - -: The size of a page that PostgreSQL's clients may expect.
        bytea_output enum - user - - escape,hex: How bytes are written as text: in hexadecimal.
        check_function_bodies bool - user - - -: Taken, without any effect.
        client_encoding string - user - - -: The encoding of texts: UTF8.
        client_min_messages enum - user - - debug5,debug4,debug3,debug2,debug1,log,notice,warning,error: Taken, without any effect.
        datestyle string - user - - -: How dates are written: taken, without any effect.
        default_table_access_method string - user - - -: Taken, without any effect.
        default_tablespace string - user - - -: Taken, without any effect.
        default_transaction_deferrable bool - user - - -: Whether new transactions are deferrable.
        default_transaction_isolation enum - user - - serializable,repeatable~read,read~committed,read~uncommitted: The isolation of new transactions.
        default_transaction_read_only bool - user - - -: Whether new transactions only read.
        extra_float_digits integer - user -15 3 -: Taken, without any effect.
        idle_in_transaction_session_timeout integer ms user 0 2147483647 -: How long a client may say nothing within a transaction.
        idle_session_timeout integer ms user 0 2147483647 -: How long a client may say nothing outside of a transaction.
        in_hot_standby bool - internal - - -: Whether this node is a replica.
        integer_datetimes bool - internal - - -: Whether dates are integers in binary format.
        intervalstyle enum - user - - postgres,postgres_verbose,sql_standard,iso_8601: How intervals are written: taken, without any effect.
        is_superuser bool - internal - - -: Whether the user may administrate.
        jit bool - user - - -: Taken, without any effect.
        lc_collate string - internal - - -: How texts are ordered: by their bytes.
        lc_ctype string - internal - - -: Which characters are letters: those of ASCII.
        lock_timeout integer ms user 0 2147483647 -: How long the writer, or a lock, is waited for.
        maintenance_work_mem integer kB user 1024 2147483647 -: Taken, without any effect.
        max_identifier_length integer - internal - - -: The length of a name that PostgreSQL's clients may expect.
        max_index_keys integer - internal - - -: The columns of an index that PostgreSQL's clients may expect.
        password_encryption enum - user - - md5,scram-sha-256: How passwords are kept: by SCRAM-SHA-256.
        row_security bool - user - - -: Taken, without any effect.
        search_path string - user - - -: Taken, without any effect: there is one schema.
        server_encoding string - internal - - -: The encoding of the database: UTF8.
        server_version string - internal - - -: The version of PostgreSQL whose behaviour clients may expect.
        server_version_num integer - internal - - -: The same as a number.
        session_authorization string - user - - -: The user.
        standard_conforming_strings bool - user - - -: Whether a backslash in a string is itself.
        statement_timeout integer ms user 0 2147483647 -: How long a statement may run.
        tandem.commit_timeout integer ms user 0 2147483647 -: How long a commit waits for acknowledgements.
        timezone string - user - - -: Taken, without any effect: times are in UTC.
        work_mem integer kB user 64 2147483647 -: Taken, without any effect.
        xmloption enum - user - - content,document: Taken, without any effect.
        """

    /// Those of the node: ``NodeServices/settings(_:)`` has their values.
    static let nodeText = """
        archive_mode enum - postmaster - - always,on,off: Whether the log is archived: by the primary (on), by replicas as well (always).
        archive_timeout integer s sighup 0 1073741823 -: How long a committed record waits at most before it is archived.
        autovacuum bool - sighup - - -: There is nothing to vacuum.
        autovacuum_max_workers integer - postmaster 0 262143 -: There are none.
        cluster_name string - postmaster - - -: What this node is called in pg_stat_replication.
        data_directory string - postmaster - - -: Where the node's data lies.
        fsync bool - sighup - - -: Whether commits are flushed to the disk.
        hot_standby bool - postmaster - - -: Whether replicas serve reads.
        listen_addresses string - postmaster - - -: Where the node listens.
        max_connections integer - postmaster 1 262143 -: How many clients may be connected.
        max_logical_replication_workers integer - postmaster 0 262143 -: There are none.
        max_parallel_workers integer - postmaster 0 1024 -: There are none.
        max_prepared_transactions integer - postmaster 0 262143 -: There are none.
        max_replication_slots integer - postmaster 0 262143 -: There are none.
        max_wal_senders integer - postmaster 0 262143 -: How many replicas may be connected.
        max_worker_processes integer - postmaster 0 262143 -: There are none.
        port integer - postmaster 1 65535 -: Where the node listens.
        primary_conninfo string - sighup - - -: The node that is followed.
        recovery_min_apply_delay integer ms sighup 0 2147483647 -: How old a transaction has to be before a replica applies it.
        shared_buffers integer 8kB postmaster 0 1073741823 -: There are none: each connection to SQLite has pages of its own.
        ssl bool - sighup - - -: Whether the node has a certificate.
        superuser_reserved_connections integer - postmaster 0 262143 -: There are none.
        synchronous_standby_names string - sighup - - -: The replicas whose acknowledgements commits wait for.
        track_activities bool - sighup - - -: Whether pg_stat_activity shows what runs.
        track_counts bool - sighup - - -: Whether what is read and written is counted: it is not.
        wal_level enum - postmaster - - minimal,replica,logical: What the log is good for.
        wal_segment_size integer B internal - - -: The size of a segment of the log.
        """
}
