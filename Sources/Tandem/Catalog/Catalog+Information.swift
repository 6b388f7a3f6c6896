// information_schema.
extension Catalog {
    private static let database = "tandem_session('database')"

    static let informationRows: [String: CatalogRows] = [
        "information_schema.schemata": CatalogRows(
            "(VALUES ('pg_catalog'), ('public'), ('information_schema')) AS v",
            ["catalog_name": database, "schema_name": "v.column1", "schema_owner": "tandem_session('user')"]),
        "information_schema.tables": CatalogRows(
            "_tandem_tables AS t",
            place("table").merging([
                "table_name": "t.n", "table_type": "CASE t.t WHEN 'view' THEN 'VIEW' ELSE 'BASE TABLE' END",
                "is_insertable_into": "CASE t.t WHEN 'view' THEN 'NO' ELSE 'YES' END", "is_typed": "'NO'",
            ]) { first, _ in first }),
        "information_schema.views": CatalogRows(
            "_tandem_tables AS t WHERE t.t = 'view'",
            place("table").merging([
                "table_name": "t.n", "view_definition": "tandem_view_query(t.q)", "check_option": "'NONE'",
                "is_updatable": "'NO'", "is_insertable_into": "'NO'",
                "is_trigger_updatable": instead("UPDATE"), "is_trigger_deletable": instead("DELETE"),
                "is_trigger_insertable_into": instead("INSERT"),
            ]) { first, _ in first }),
        "information_schema.columns": informationColumns,
        "information_schema.table_constraints": CatalogRows(
            "_tandem_constraint AS c",
            place("constraint").merging(place("table")) { first, _ in first }.merging([
                "constraint_name": "c.name", "table_name": "c.tn",
                "constraint_type":
                    "CASE c.k WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' WHEN 'f' THEN 'FOREIGN KEY' ELSE 'CHECK' END",
                "is_deferrable": yesNo("c.d"), "initially_deferred": yesNo("c.i"), "enforced": "'YES'",
                "nulls_distinct": "CASE c.k WHEN 'u' THEN 'YES' END",
            ]) { first, _ in first }),
        "information_schema.key_column_usage": CatalogRows(
            "_tandem_constraint AS c JOIN json_each(c.keys) AS e JOIN _tandem_columns AS x ON x.o = c.tbl AND x.num = e.value"
                + " WHERE c.k IN ('p', 'u', 'f')",
            place("constraint").merging(place("table")) { first, _ in first }.merging([
                "constraint_name": "c.name", "table_name": "c.tn", "column_name": "x.name",
                "ordinal_position": "e.key + 1",
                "position_in_unique_constraint": "CASE c.k WHEN 'f' THEN e.key + 1 END",
            ]) { first, _ in first }),
        "information_schema.referential_constraints": CatalogRows(
            "_tandem_constraint AS c LEFT JOIN _tandem_index AS i ON i.o = c.idx WHERE c.k = 'f'",
            place("constraint").merging(place("unique_constraint")) { first, _ in first }.merging([
                "constraint_name": "c.name", "unique_constraint_name": "i.name", "match_option": "'NONE'",
                "update_rule": rule("c.upd"), "delete_rule": rule("c.del"),
            ]) { first, _ in first }),
        "information_schema.constraint_column_usage": CatalogRows(
            "(SELECT c.name AS name, x.tn AS tn, x.name AS cn FROM _tandem_constraint AS c"
                + " JOIN json_each(CASE c.k WHEN 'f' THEN c.fkeys ELSE c.keys END) AS e"
                + " JOIN _tandem_columns AS x ON x.o = CASE c.k WHEN 'f' THEN c.ftbl ELSE c.tbl END AND x.num = e.value) AS u",
            place("constraint").merging(place("table")) { first, _ in first }.merging([
                "constraint_name": "u.name", "table_name": "u.tn", "column_name": "u.cn",
            ]) { first, _ in first }),
        "information_schema.check_constraints": CatalogRows(
            "_tandem_constraint AS c WHERE c.k = 'c'",
            place("constraint").merging(["constraint_name": "c.name", "check_clause": "c.expr"]) { first, _ in first }),
        "information_schema.triggers": CatalogRows(
            "sqlite_schema AS s WHERE s.type = 'trigger'",
            place("trigger").merging([
                "trigger_name": "s.name", "event_manipulation": trigger("event"), "event_object_catalog": database,
                "event_object_schema": "'public'", "event_object_table": "s.tbl_name",
                "action_condition": trigger("when"), "action_statement": "s.sql", "action_orientation": "'ROW'",
                "action_timing": trigger("timing"),
            ]) { first, _ in first }),
        "information_schema.sequences": CatalogRows(
            "_tandem_columns AS c WHERE c.alias",
            place("sequence").merging([
                "sequence_name": "c.tn || '_' || c.name || '_seq'", "data_type": "'bigint'", "numeric_precision": "64",
                "numeric_precision_radix": "2", "numeric_scale": "0", "start_value": "'1'", "minimum_value": "'1'",
                "maximum_value": "'9223372036854775807'", "increment": "'1'", "cycle_option": "'NO'",
            ]) { first, _ in first }),
        "information_schema.enabled_roles": CatalogRows("(SELECT 1)", ["role_name": "tandem_session('user')"]),
        "information_schema.information_schema_catalog_name": CatalogRows("(SELECT 1)", ["catalog_name": database]),
    ]

    private static let informationColumns = CatalogRows(
        "_tandem_columns AS c JOIN _tandem_types AS y ON y.oid = tandem_type_oid(c.type)",
        place("table").merging([
            "table_name": "c.tn", "column_name": "c.name", "ordinal_position": "c.num", "column_default": "c.dflt",
            "is_nullable": yesNo("NOT (c.nn OR c.alias)"), "data_type": "tandem_format_type(y.oid, NULL)",
            "character_maximum_length": "CASE WHEN y.oid = 1043 THEN nullif(tandem_type_modifier(c.type), -1) - 4 END",
            "numeric_precision":
                "CASE y.oid WHEN 20 THEN 64 WHEN 701 THEN 53 WHEN 1700 THEN (nullif(tandem_type_modifier(c.type), -1) - 4) >> 16 END",
            "numeric_precision_radix": "CASE y.oid WHEN 20 THEN 2 WHEN 701 THEN 2 WHEN 1700 THEN 10 END",
            "numeric_scale":
                "CASE y.oid WHEN 20 THEN 0 WHEN 1700 THEN (nullif(tandem_type_modifier(c.type), -1) - 4) & 65535 END",
            "datetime_precision": "CASE WHEN y.oid IN (1083, 1114, 1184) THEN 6 WHEN y.oid = 1082 THEN 0 END",
            "udt_catalog": database, "udt_schema": "'pg_catalog'", "udt_name": "y.name", "dtd_identifier": "c.num",
            "is_self_referencing": "'NO'", "is_identity": yesNo("c.alias"),
            "identity_generation": "CASE WHEN c.alias THEN 'BY DEFAULT' END", "identity_cycle": "'NO'",
            "is_generated": "CASE WHEN c.hidden IN (2, 3) THEN 'ALWAYS' ELSE 'NEVER' END",
            "generation_expression": generation,
            "is_updatable": "CASE c.t WHEN 'view' THEN 'NO' ELSE 'YES' END",
        ]) { first, _ in first })

    /// The catalogue and the schema of something.
    private static func place(_ prefix: String) -> [String: String] {
        ["\(prefix)_catalog": database, "\(prefix)_schema": "'public'"]
    }

    private static func trigger(_ field: String) -> String { "json_extract(tandem_trigger(s.sql), '$.\(field)')" }

    private static func yesNo(_ condition: String) -> String { "CASE WHEN \(condition) THEN 'YES' ELSE 'NO' END" }

    /// Whether a view has a trigger in the place of an event.
    private static func instead(_ event: String) -> String {
        yesNo(
            "EXISTS (SELECT 1 FROM sqlite_schema AS s WHERE s.type = 'trigger' AND s.tbl_name = t.n COLLATE NOCASE "
                + "AND \(trigger("event")) = '\(event)')")
    }

    private static func rule(_ letter: String) -> String {
        "CASE \(letter) WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT' "
            + "ELSE 'NO ACTION' END"
    }
}
