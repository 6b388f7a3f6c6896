// The relations of pg_catalog that tell of the schema.
extension Catalog {
    private static let userSchema = "2200"

    static let objectRows: [String: CatalogRows] = [
        "pg_class": classes, "pg_attribute": attributes,
        "pg_attrdef": CatalogRows(
            "_tandem_columns AS c WHERE c.dflt IS NOT NULL OR c.hidden IN (2, 3)",
            [
                "oid": "2500000000 + c.o * 1000 + c.num", "adrelid": "c.o", "adnum": "c.num",
                "adbin": "coalesce(c.dflt, \(generation))",
            ]),
        "pg_index": CatalogRows(
            "_tandem_index AS i",
            [
                "indexrelid": "i.o", "indrelid": "i.tbl", "indnatts": "json_array_length(i.cols)",
                "indnkeyatts": "json_array_length(i.cols)", "indisunique": "i.u", "indisprimary": "i.origin = 'pk'",
                "indimmediate": "1", "indisvalid": "1", "indisready": "1", "indislive": "1", "indkey": "i.keys",
                "indoption": "i.opts", "indclass": ofKeys("coalesce(k.oid, \(textOperators))"),
                "indcollation": ofKeys("CASE WHEN coalesce(k.type, 25) IN (25, 1043) THEN 100 ELSE 0 END"),
                "indexprs":
                    "CASE WHEN instr(' ' || i.keys || ' ', ' 0 ') THEN json_extract(tandem_index(i.q), '$.body') END",
                "indpred": "json_extract(tandem_index(i.q), '$.where')",
            ]),
        "pg_constraint": CatalogRows(
            "_tandem_constraint AS c",
            [
                "oid": "c.o", "conname": "c.name", "connamespace": userSchema, "contype": "c.k", "condeferrable": "c.d",
                "condeferred": "c.i", "convalidated": "1", "conrelid": "c.tbl", "conindid": "c.idx",
                "confrelid": "c.ftbl",
                "confupdtype": "c.upd", "confdeltype": "c.del",
                "confmatchtype": "CASE c.k WHEN 'f' THEN 's' ELSE ' ' END",
                "conislocal": "1", "connoinherit": "1", "conkey": "c.keys", "confkey": "c.fkeys", "conbin": "c.expr",
            ]),
        "pg_sequence": CatalogRows(
            "_tandem_columns AS c WHERE c.alias",
            [
                "seqrelid": "3000000000 + c.o", "seqtypid": "20", "seqstart": "1", "seqincrement": "1",
                "seqmax": "9223372036854775807", "seqmin": "1", "seqcache": "1",
            ]),
        "pg_sequences": CatalogRows(
            "_tandem_columns AS c WHERE c.alias",
            [
                "schemaname": "'public'", "sequencename": "c.tn || '_' || c.name || '_seq'",
                "sequenceowner": "tandem_session('user')", "data_type": "'bigint'", "start_value": "1",
                "min_value": "1",
                "max_value": "9223372036854775807", "increment_by": "1", "cache_size": "1",
            ]),
        "pg_trigger": CatalogRows(
            "sqlite_schema AS s JOIN _tandem_tables AS t ON t.n = s.tbl_name COLLATE NOCASE WHERE s.type = 'trigger'",
            [
                "oid": "16384 + s.rowid", "tgrelid": "t.o", "tgname": "s.name", "tgenabled": "'O'",
                "tgtype": "coalesce(json_extract(tandem_trigger(s.sql), '$.kind'), 1)",
            ]),
        "pg_proc": functions,
        "pg_tables": CatalogRows(
            "_tandem_tables AS t WHERE t.t = 'table'",
            [
                "schemaname": "'public'", "tablename": "t.n", "tableowner": "tandem_session('user')",
                "hasindexes": "EXISTS (SELECT 1 FROM _tandem_index AS i WHERE i.tbl = t.o)",
                "hastriggers": hasTriggers,
            ]),
        "pg_views": CatalogRows(
            "_tandem_tables AS t WHERE t.t = 'view'",
            [
                "schemaname": "'public'", "viewname": "t.n", "viewowner": "tandem_session('user')",
                "definition": "tandem_view_query(t.q)",
            ]),
        "pg_indexes": CatalogRows(
            "_tandem_index AS i JOIN _tandem_indexes AS d ON d.tandem_o = i.o",
            ["schemaname": "'public'", "tablename": "i.tn", "indexname": "i.name", "indexdef": "d.tandem_d"]),
    ]

    /// The class of operators of texts, and of what has none of its own.
    private static let textOperators = 3126

    /// Something of each key of an index, with the class of its type's operators as `k`. The primary key that is the row's
    /// number is an int8.
    private static func ofKeys(_ value: String) -> String {
        """
        (SELECT group_concat(\(value), ' ') FROM (SELECT tandem_type_oid(c.type) AS y FROM pragma_index_xinfo(i.real) AS x \
        LEFT JOIN _tandem_columns AS c ON c.o = i.tbl AND c.num = x.cid + 1 WHERE x.key \
        UNION ALL SELECT 20 WHERE i.real IS NULL) LEFT JOIN _tandem_classes AS k ON k.type = y)
        """
    }

    /// The expression of a generated column.
    static let generation = """
        (SELECT k.expr FROM _tandem_table_constraints AS k WHERE k.o = c.o AND k.k = 'g' AND k.cols = json_array(lower(c.name)))
        """

    /// Whether a table has triggers. A foreign key counts as one: as such PostgreSQL carries them out, and psql looks for them
    /// only where there are some.
    private static let hasTriggers = """
        (EXISTS (SELECT 1 FROM sqlite_schema AS s WHERE s.type = 'trigger' AND s.tbl_name = t.n COLLATE NOCASE) OR EXISTS (SELECT 1 \
        FROM _tandem_constraint AS c WHERE c.k = 'f' AND t.o IN (c.tbl, c.ftbl)))
        """

    /// Tables, views and indexes.
    private static let classes = CatalogRows(
        """
        (SELECT t.o AS o, t.n AS n, CASE t.t WHEN 'view' THEN 'v' ELSE 'r' END AS k, \
        (SELECT count(*) FROM _tandem_columns AS c WHERE c.o = t.o) AS natts, \
        (SELECT count(*) FROM _tandem_table_constraints AS c WHERE c.o = t.o AND c.k = 'c') AS checks, \
        EXISTS (SELECT 1 FROM _tandem_index AS i WHERE i.tbl = t.o) AS indexed, \
        \(hasTriggers) AS triggers \
        FROM _tandem_tables AS t UNION ALL SELECT i.o, i.name, 'i', json_array_length(i.cols), 0, 0, 0 \
        FROM _tandem_index AS i UNION ALL SELECT 3000000000 + o, tn || '_' || name || '_seq', 'S', 3, 0, 0, 0 \
        FROM _tandem_columns WHERE alias) AS c
        """,
        [
            "oid": "c.o", "relname": "c.n", "relnamespace": userSchema, "relowner": "10",
            "relam": "CASE c.k WHEN 'r' THEN 2 WHEN 'i' THEN 403 ELSE 0 END", "relfilenode": "c.o", "reltuples": "-1",
            "relhasindex": "c.indexed", "relpersistence": "'p'", "relkind": "c.k", "relnatts": "c.natts",
            "relchecks": "c.checks", "relhasrules": "c.k = 'v'", "relhastriggers": "c.triggers", "relispopulated": "1",
            "relreplident": "CASE c.k WHEN 'r' THEN 'd' ELSE 'n' END",
        ])

    /// The columns of tables and views, and those of indexes.
    private static let attributes = CatalogRows(
        """
        (SELECT c.o AS o, c.name AS name, c.num AS num, c.type AS type, c.nn OR c.alias AS nn, \
        c.dflt IS NOT NULL OR c.hidden IN (2, 3) AS dflt, CASE WHEN c.alias THEN 'd' ELSE '' END AS ident, \
        CASE WHEN c.hidden IN (2, 3) THEN 's' ELSE '' END AS gen FROM _tandem_columns AS c \
        UNION ALL SELECT i.o, coalesce(x.name, 'expr'), x.seqno + 1, coalesce(c.type, 'TEXT'), 0, 0, '', '' \
        FROM _tandem_index AS i JOIN pragma_index_xinfo(i.real) AS x ON x.key \
        LEFT JOIN _tandem_columns AS c ON c.o = i.tbl AND c.num = x.cid + 1 \
        UNION ALL SELECT 1000000000 + c.o, c.name, 1, c.type, 1, 0, '', '' FROM _tandem_columns AS c WHERE c.alias) AS a \
        JOIN _tandem_types AS y ON y.oid = tandem_type_oid(a.type)
        """,
        [
            "attrelid": "a.o", "attname": "a.name", "atttypid": "y.oid", "attstattarget": "-1", "attlen": "y.len",
            "attnum": "a.num", "attcacheoff": "-1", "atttypmod": "tandem_type_modifier(a.type)", "attalign": "'i'",
            "attstorage": "CASE WHEN y.len < 0 THEN 'x' ELSE 'p' END", "attnotnull": "a.nn", "atthasdef": "a.dflt",
            "attidentity": "a.ident", "attgenerated": "a.gen", "attislocal": "1",
        ])
}
