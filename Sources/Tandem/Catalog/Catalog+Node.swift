// The relations of pg_catalog that tell of the node, its sessions and its group, and those that are the same everywhere.
extension Catalog {
    static let nodeRows: [String: CatalogRows] = [
        "pg_namespace": CatalogRows(
            "(VALUES (11, 'pg_catalog'), (2200, 'public'), (13000, 'information_schema')) AS v",
            ["oid": "v.column1", "nspname": "v.column2", "nspowner": "10"]),
        "pg_type": types("_tandem_types AS y"),
        "pg_am": CatalogRows(
            "(VALUES (2, 'heap', 't'), (403, 'btree', 'i')) AS v",
            ["oid": "v.column1", "amname": "v.column2", "amtype": "v.column3"]),
        "pg_opclass": CatalogRows(
            "_tandem_classes AS k",
            [
                "oid": "k.oid", "opcmethod": "403", "opcname": "k.name", "opcnamespace": "11", "opcowner": "10",
                "opcdefault": "1", "opcintype": "k.type", "opcfamily": "k.family",
            ]),
        "pg_opfamily": CatalogRows(
            "(SELECT family, min(name) AS name FROM _tandem_classes GROUP BY family) AS f",
            [
                "oid": "f.family", "opfmethod": "403", "opfnamespace": "11", "opfowner": "10",
                "opfname":
                    "CASE f.family WHEN 1976 THEN 'integer_ops' WHEN 434 THEN 'datetime_ops' WHEN 1970 THEN 'float_ops' ELSE f.name END",
            ]),
        "pg_language": CatalogRows(
            "(VALUES (12, 'internal', 0), (14, 'sql', 1)) AS v",
            ["oid": "v.column1", "lanname": "v.column2", "lanowner": "10", "lanpltrusted": "v.column3"]),
        "pg_tablespace": CatalogRows(
            "(VALUES (1663, 'pg_default'), (1664, 'pg_global')) AS v",
            ["oid": "v.column1", "spcname": "v.column2", "spcowner": "10"]),
        "pg_collation": CatalogRows(
            "(VALUES (100, 'default', 'd', NULL), (950, 'C', 'c', 'C')) AS v",
            [
                "oid": "v.column1", "collname": "v.column2", "collnamespace": "11", "collowner": "10",
                "collprovider": "v.column3", "collisdeterministic": "1", "collencoding": "-1",
                "collcollate": "v.column4", "collctype": "v.column4",
            ]
        ),
        "pg_database": CatalogRows(
            "(SELECT 1)",
            [
                "oid": "5", "datname": "tandem_session('database')", "datdba": "10", "encoding": "6",
                "datlocprovider": "'c'",
                "datallowconn": "1", "datconnlimit": "-1", "dattablespace": "1663", "datcollate": "'C'",
                "datctype": "'C'",
            ]),
        "pg_roles": role("rol"), "pg_authid": role("rol"), "pg_user": role("use"), "pg_shadow": role("use"),
        "pg_settings": settings, "pg_show_all_settings": settings,
        "pg_get_keywords": CatalogRows("json_each(tandem_keywords()) AS k", ["word": "k.value", "catcode": "'R'"]),
        "pg_stat_activity": listed(
            "activity",
            [
                "pid", "datname", "usename", "application_name", "client_addr", "client_port", "backend_start",
                "xact_start", "query_start",
                "state_change", "state", "query", "backend_type",
            ], ["datid": "5", "usesysid": "10"]),
        "pg_locks": locks,
        "pg_stat_replication": listed(
            "replication",
            [
                "pid", "usename", "application_name", "client_addr", "client_port", "state", "sent_lsn", "write_lsn",
                "flush_lsn", "replay_lsn", "write_lag", "flush_lag", "replay_lag", "sync_priority", "sync_state",
                "reply_time",
            ], ["usesysid": "10"]),
        "pg_stat_wal_receiver": listed(
            "receiver",
            [
                "pid", "status", "written_lsn", "flushed_lsn", "received_tli", "latest_end_lsn", "sender_host",
                "sender_port", "conninfo", "last_msg_receipt_time",
            ], [:]),
    ]

    private static let settings = listed(
        "settings",
        [
            "name", "setting", "unit", "short_desc", "context", "vartype", "source", "min_val", "max_val", "enumvals",
            "reset_val",
        ], ["category": "'Tandem'"])

    /// Rows that the session tells as a JSON array of objects.
    static func listed(_ fact: String, _ columns: [String], _ others: [String: String]) -> CatalogRows {
        var values = others
        for column in columns { values[column] = "json_extract(s.value, '$.\(column)')" }
        return CatalogRows("json_each(tandem_session('\(fact)')) AS s", values)
    }

    /// The users; as `use` those who can log in.
    private static func role(_ prefix: String) -> CatalogRows {
        func field(_ name: String) -> String { "json_extract(s.value, '$.\(name)')" }
        return CatalogRows(
            "json_each(tandem_session('users')) AS s" + (prefix == "use" ? " WHERE \(field("login"))" : ""),
            [
                "oid": field("oid"), "usesysid": field("oid"), "\(prefix)name": field("name"),
                "\(prefix)super": field("super"), "rolinherit": "1",
                "rolcreaterole": field("super"), "\(prefix)createdb": "0", "rolcanlogin": field("login"),
                "rolreplication": field("replicates"), "userepl": field("replicates"),
                "rolconnlimit": "-1", "rolbypassrls": "0", "usebypassrls": "0",
            ])
    }

    private static func types(_ source: String) -> CatalogRows {
        CatalogRows(
            source,
            [
                "oid": "y.oid", "typname": "y.name", "typnamespace": "11", "typowner": "10", "typlen": "y.len",
                "typbyval": "y.len BETWEEN 1 AND 8", "typtype": "CASE WHEN y.name = 'anyarray' THEN 'p' ELSE 'b' END",
                "typcategory": "y.category", "typisdefined": "1", "typdelim": "','", "typelem": "y.element",
                "typarray": "y.array",
                "typinput": "CASE WHEN y.category = 'A' AND y.element THEN 'array_in' ELSE y.name || 'in' END",
                "typoutput": "CASE WHEN y.category = 'A' AND y.element THEN 'array_out' ELSE y.name || 'out' END",
                "typalign": "'i'", "typstorage": "CASE WHEN y.len < 0 THEN 'x' ELSE 'p' END", "typtypmod": "-1",
            ])
    }

    /// The classes of operators by which indexes compare: number, name, type, family.
    static let operatorClasses = """
        _tandem_classes(oid, name, type, family) AS MATERIALIZED (VALUES (1978, 'int4_ops', 23, 1976), \
        (1979, 'int2_ops', 21, 1976), (1981, 'oid_ops', 26, 1989), (3122, 'date_ops', 1082, 434), \
        (3123, 'float8_ops', 701, 1970), (3124, 'int8_ops', 20, 1976), (3125, 'numeric_ops', 1700, 1988), \
        (3126, 'text_ops', 25, 1994), (3127, 'timestamptz_ops', 1184, 434), (3128, 'timestamp_ops', 1114, 434), \
        (10003, 'bool_ops', 16, 424), (10006, 'bytea_ops', 17, 428), (10012, 'float4_ops', 700, 1970), \
        (10022, 'interval_ops', 1186, 1982), (10038, 'time_ops', 1083, 1996), (10065, 'uuid_ops', 2950, 2968), \
        (10088, 'jsonb_ops', 3802, 4033))
        """

    /// The types that there can be, and what drivers ask for: number, name, length, category, number of the array type.
    static let types = """
        _tandem_types(oid, name, len, category, array, element) AS MATERIALIZED (SELECT column1, column2, column3, column4, \
        column5, 0 FROM (VALUES \(CatalogTypes.values)) UNION ALL SELECT column5, '_' || column2, -1, 'A', 0, column1 \
        FROM (VALUES \(CatalogTypes.values)) WHERE column5 > 0)
        """
}

/// PostgreSQL's types, as its `pg_type` has them.
enum CatalogTypes {
    struct Entry {
        var oid: Int
        var name: String
        /// As `format_type` has it.
        var words: String
        var length: Int
        var category: String
        var array: Int
    }

    static let all: [Entry] = text.split(separator: "\n").map { line in
        let fields = line.split(separator: ",").map(String.init)
        return Entry(
            oid: Int(fields[0]) ?? 0, name: fields[1], words: fields[2], length: Int(fields[3]) ?? -1,
            category: fields[4],
            array: Int(fields[5]) ?? 0)
    }

    static let values = all.map { "(\($0.oid), '\($0.name)', \($0.length), '\($0.category)', \($0.array))" }
        .joined(separator: ", ")

    private static let text = """
        16,bool,boolean,1,B,1000
        17,bytea,bytea,-1,U,1001
        18,char,"char",1,Z,1002
        19,name,name,64,S,1003
        20,int8,bigint,8,N,1016
        21,int2,smallint,2,N,1005
        22,int2vector,int2vector,-1,A,1006
        23,int4,integer,4,N,1007
        24,regproc,regproc,4,N,1008
        25,text,text,-1,S,1009
        26,oid,oid,4,N,1028
        30,oidvector,oidvector,-1,A,1013
        114,json,json,-1,U,199
        700,float4,real,4,N,1021
        701,float8,double precision,8,N,1022
        705,unknown,unknown,-2,X,0
        869,inet,inet,-1,I,1041
        1042,bpchar,character,-1,S,1014
        1043,varchar,character varying,-1,S,1015
        1082,date,date,4,D,1182
        1083,time,time without time zone,8,D,1183
        1114,timestamp,timestamp without time zone,8,D,1115
        1184,timestamptz,timestamp with time zone,8,D,1185
        1186,interval,interval,16,T,1187
        1700,numeric,numeric,-1,N,1231
        2205,regclass,regclass,4,N,2210
        2206,regtype,regtype,4,N,2211
        2277,anyarray,anyarray,-1,P,0
        2950,uuid,uuid,16,U,2951
        3220,pg_lsn,pg_lsn,8,U,3221
        3802,jsonb,jsonb,-1,U,3807
        """
}
