// What the catalogue is made of: SQLite's schema, asked by its PRAGMAs as tables.
//
// Object identifiers are derived from the rows of `sqlite_schema`, so that they stay as long as the object does.
extension Catalog {
    /// The identifier of the first object of users, as in PostgreSQL.
    static let firstObject = "16384"

    /// Tables and views, but for SQLite's and Tandem's own and the shadow tables of virtual ones.
    static let tables = """
        _tandem_tables AS MATERIALIZED (SELECT CAST(\(firstObject) + s.rowid AS INTEGER) AS o, s.name AS n, s.type AS t, \
        s.sql AS q, s.rowid AS r, l.wr AS wr FROM sqlite_schema AS s JOIN pragma_table_list AS l ON l.name = s.name \
        AND l.schema = 'main' WHERE s.type IN ('table', 'view') AND l.type <> 'shadow' \
        AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND s.name NOT LIKE '\\_tandem\\_%' ESCAPE '\\')
        """

    /// Their columns; `alias` says whether one is the row's number.
    static let columns = """
        _tandem_columns AS MATERIALIZED (SELECT t.o AS o, t.n AS tn, x.cid + 1 AS num, x.name AS name, x.type AS type, \
        x."notnull" AS nn, x.dflt_value AS dflt, x.pk AS pk, x.hidden AS hidden, t.t AS t, \
        x.pk = 1 AND upper(x.type) = 'INTEGER' AND t.wr = 0 \
        AND NOT EXISTS (SELECT 1 FROM pragma_index_list(t.n) WHERE origin = 'pk') AS alias \
        FROM _tandem_tables AS t JOIN pragma_table_xinfo(t.n) AS x WHERE x.hidden <> 1)
        """

    /// The constraints that a table's text has, in order; foreign keys with SQLite's number.
    static let tableConstraints = """
        _tandem_table_constraints AS MATERIALIZED (SELECT o, tn, r, num, k, name, expr, cols, d, i, \
        count(*) OVER (PARTITION BY o, k) - row_number() OVER (PARTITION BY o, k ORDER BY num) AS fk \
        FROM (SELECT t.o AS o, t.n AS tn, t.r AS r, c.key AS num, json_extract(c.value, '$.kind') AS k, \
        coalesce(json_extract(c.value, '$.name'), t.n || '_' || json_extract(c.value, '$.label')) AS name, json_extract(c.value, '$.expression') AS expr, \
        json_extract(c.value, '$.columns') AS cols, json_extract(c.value, '$.deferrable') AS d, \
        json_extract(c.value, '$.deferred') AS i FROM _tandem_tables AS t JOIN json_each(tandem_constraints(t.q)) AS c \
        WHERE t.t = 'table'))
        """

    /// The indexes; the primary key that is the row's number has one, too, as PostgreSQL's has.
    static let index = """
        _tandem_index AS MATERIALIZED (SELECT o, tbl, tn, real, u, origin, partial, q, keys, opts, \(indexName) AS name, cols \
        FROM (SELECT coalesce(\(firstObject) + s.rowid, 1000000000 + t.o) AS o, t.o AS tbl, t.n AS tn, il.name AS real, \
        il."unique" AS u, il.origin AS origin, il.partial AS partial, s.sql AS q, \
        (SELECT group_concat(CASE WHEN x.cid < 0 THEN 0 ELSE x.cid + 1 END, ' ') FROM pragma_index_xinfo(il.name) AS x \
        WHERE x.key) AS keys, \
        (SELECT group_concat(CASE WHEN x.desc THEN 3 ELSE 0 END, ' ') FROM pragma_index_xinfo(il.name) AS x WHERE x.key) \
        AS opts, \
        (SELECT json_group_array(lower(x.name)) FROM pragma_index_xinfo(il.name) AS x WHERE x.key) AS cols \
        FROM _tandem_tables AS t JOIN pragma_index_list(t.n) AS il \
        LEFT JOIN sqlite_schema AS s ON s.type = 'index' AND s.name = il.name \
        UNION ALL SELECT 1000000000 + o, o, tn, NULL, 1, 'pk', 0, NULL, CAST(num AS TEXT), '0', json_array(lower(name)) \
        FROM _tandem_columns WHERE alias) AS n)
        """

    private static let indexName = """
        CASE WHEN origin = 'c' THEN real ELSE coalesce((SELECT k.name FROM _tandem_table_constraints AS k WHERE k.o = n.tbl \
        AND k.k = CASE n.origin WHEN 'pk' THEN 'p' ELSE 'u' END AND (n.origin = 'pk' OR k.cols = n.cols)), \
        CASE origin WHEN 'pk' THEN tn || '_pkey' ELSE tn || '_' || tandem_array_to_string(cols, '_') || '_key' END) END
        """

    /// All constraints: keys with their indexes, foreign keys, checks.
    static let constraint = """
        _tandem_constraint AS MATERIALIZED (SELECT 2000000000 + i.o AS o, i.tbl AS tbl, i.tn AS tn, i.name AS name, \
        CASE i.origin WHEN 'pk' THEN 'p' ELSE 'u' END AS k, '[' || replace(i.keys, ' ', ',') || ']' AS keys, \
        CASE i.origin WHEN 'pk' THEN 'PRIMARY KEY (' ELSE 'UNIQUE (' END || tandem_name_list(i.cols) || ')' AS def, i.o AS idx, \
        0 AS ftbl, NULL AS fkeys, ' ' AS upd, ' ' AS del, 0 AS d, 0 AS i, NULL AS expr \
        FROM _tandem_index AS i WHERE i.origin IN ('pk', 'u') \
        UNION ALL SELECT 1500000000 + k.r * 1000 + k.num, k.o, k.tn, k.name, 'c', \
        (SELECT json_group_array(c.num) FROM _tandem_columns AS c WHERE c.o = k.o \
        AND lower(c.name) IN (SELECT value FROM json_each(k.cols))), \
        'CHECK (' || k.expr || ')', 0, 0, NULL, ' ', ' ', 0, 0, k.expr FROM _tandem_table_constraints AS k WHERE k.k = 'c' \
        UNION ALL SELECT 1500000500 + f.r * 1000 + f.id, f.o, f.tn, coalesce(k.name, f.tn || '_' || \
        tandem_array_to_string(f.cols, '_') || '_fkey'), 'f', f.keys, \
        'FOREIGN KEY (' || tandem_name_list(f.cols) || ') REFERENCES ' || tandem_quote_ident(f.ft) || '(' || \
        tandem_name_list(f.fcols) || ')' \
        || CASE f.upd WHEN 'NO ACTION' THEN '' ELSE ' ON UPDATE ' || f.upd END \
        || CASE f.del WHEN 'NO ACTION' THEN '' ELSE ' ON DELETE ' || f.del END \
        || CASE WHEN k.d THEN ' DEFERRABLE' ELSE '' END || CASE WHEN k.i THEN ' INITIALLY DEFERRED' ELSE '' END, \
        coalesce((SELECT i.o FROM _tandem_index AS i WHERE i.tn = f.ft COLLATE NOCASE AND i.u AND i.cols = lower(f.fcols)), \
        (SELECT i.o FROM _tandem_index AS i WHERE i.tn = f.ft COLLATE NOCASE AND i.origin = 'pk'), 0), \
        coalesce((SELECT t.o FROM _tandem_tables AS t WHERE t.n = f.ft COLLATE NOCASE), 0), f.fkeys, \
        \(action("f.upd")), \(action("f.del")), coalesce(k.d, 0), coalesce(k.i, 0), NULL \
        FROM (\(foreignKeys)) AS f LEFT JOIN _tandem_table_constraints AS k ON k.o = f.o AND k.k = 'f' AND k.fk = f.id)
        """

    /// The foreign keys with their columns as arrays; one that names no columns of the other table means its key.
    private static let foreignKeys = """
        SELECT o, tn, r, id, ft, upd, del, json_group_array(fromc) AS cols, json_group_array(toc) AS fcols, \
        json_group_array(fromn) AS keys, json_group_array(ton) AS fkeys FROM (SELECT t.o AS o, t.n AS tn, t.r AS r, p.id AS id, \
        p."table" AS ft, p.on_update AS upd, p.on_delete AS del, p."from" AS fromc, \
        coalesce(p."to", (SELECT c.name FROM _tandem_columns AS c WHERE c.tn = p."table" COLLATE NOCASE AND c.pk = p.seq + 1)) \
        AS toc, (SELECT c.num FROM _tandem_columns AS c WHERE c.o = t.o AND c.name = p."from" COLLATE NOCASE) AS fromn, \
        (SELECT c.num FROM _tandem_columns AS c WHERE c.tn = p."table" COLLATE NOCASE AND CASE WHEN p."to" IS NULL \
        THEN c.pk = p.seq + 1 ELSE c.name = p."to" COLLATE NOCASE END) AS ton \
        FROM _tandem_tables AS t JOIN pragma_foreign_key_list(t.n) AS p ORDER BY t.o, p.id, p.seq) GROUP BY o, id
        """

    /// PostgreSQL's letter of a foreign key's action.
    private static func action(_ name: String) -> String {
        "CASE \(name) WHEN 'CASCADE' THEN 'c' WHEN 'SET NULL' THEN 'n' WHEN 'SET DEFAULT' THEN 'd' WHEN 'RESTRICT' THEN 'r' "
            + "ELSE 'a' END"
    }

    /// The names of objects, for casts to and from `regclass`; those of the catalogue with PostgreSQL's numbers.
    static let names = """
        _tandem_names(tandem_o, tandem_n) AS MATERIALIZED (SELECT o, n FROM _tandem_tables UNION ALL \
        SELECT o, name FROM _tandem_index UNION ALL \
        SELECT 3000000000 + o, tn || '_' || name || '_seq' FROM _tandem_columns WHERE alias UNION ALL \
        VALUES \(CatalogNumbers.values), (\(CatalogNumbers.locks), 'pg_locks'))
        """

    static let indexDefinitions = """
        _tandem_indexes(tandem_o, tandem_d, tandem_e) AS MATERIALIZED (SELECT i.o, 'CREATE ' || CASE WHEN i.u THEN 'UNIQUE ' \
        ELSE '' END || 'INDEX ' || tandem_quote_ident(i.name) || ' ON public.' || tandem_quote_ident(i.tn) || ' USING btree (' \
        || coalesce(json_extract(tandem_index(i.q), '$.body'), tandem_name_list(i.cols)) || ')' \
        || coalesce(' WHERE ' || json_extract(tandem_index(i.q), '$.where'), ''), \
        coalesce(json_extract(tandem_index(i.q), '$.columns'), i.cols) FROM _tandem_index AS i)
        """

    static let constraintDefinitions = """
        _tandem_constraints(tandem_o, tandem_d) AS MATERIALIZED (SELECT o, def FROM _tandem_constraint)
        """

    static let viewDefinitions = """
        _tandem_views(tandem_o, tandem_d) AS MATERIALIZED (SELECT o, tandem_view_query(q) FROM _tandem_tables WHERE t = 'view')
        """

    static let triggerDefinitions = """
        _tandem_triggers(tandem_o, tandem_d) AS MATERIALIZED (SELECT CAST(\(firstObject) + rowid AS INTEGER), sql \
        FROM sqlite_schema WHERE type = 'trigger')
        """

    /// What has a size: tables, views and sequences, and indexes with the table they are of; the name of the tree in SQLite's
    /// file, or NULL for what has none.
    static let sizes = """
        _tandem_sizes(tandem_o, tandem_t, tandem_b) AS MATERIALIZED (SELECT o, o, CASE t WHEN 'table' THEN n END \
        FROM _tandem_tables UNION ALL SELECT o, tbl, real FROM _tandem_index \
        UNION ALL SELECT 3000000000 + o, 3000000000 + o, NULL FROM _tandem_columns WHERE alias)
        """

    static let sequences = """
        _tandem_sequences(tandem_o, tandem_t, tandem_c, tandem_n, tandem_s) AS MATERIALIZED (SELECT 3000000000 + o, tn, \
        name, 'public.' || tandem_quote_ident(tn || '_' || name || '_seq'), tn || '_' || name || '_seq' \
        FROM _tandem_columns WHERE alias)
        """
}
