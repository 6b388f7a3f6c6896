/// The numbers that PostgreSQL 15's catalogue has for its own tables; its views have none that are always the same.
enum CatalogNumbers {
    static let all: [String: Int] = {
        let pairs = text.split(separator: ",").compactMap { pair -> (String, Int)? in
            let words = pair.split(separator: " ")
            return words.count == 2 ? Int(words[0]).map { (String(words[1]), $0) } : nil
        }
        return Dictionary(pairs) { first, _ in first }
    }()

    /// That of `pg_locks`, which shows the lock on itself.
    static let locks = 12_073

    /// As rows of VALUES.
    static let values = all.sorted { $0.value < $1.value }.map { "(\($0.value), '\($0.key)')" }.joined(separator: ", ")

    private static let text = """
        826 pg_default_acl, 1213 pg_tablespace, 1214 pg_shdepend, 1247 pg_type, 1249 pg_attribute, 1255 pg_proc, \
        1259 pg_class, 1260 pg_authid, 1261 pg_auth_members, 1262 pg_database, 1417 pg_foreign_server, \
        1418 pg_user_mapping, 2224 pg_sequence, 2328 pg_foreign_data_wrapper, 2396 pg_shdescription, \
        2600 pg_aggregate, 2601 pg_am, 2602 pg_amop, 2603 pg_amproc, 2604 pg_attrdef, 2605 pg_cast, \
        2606 pg_constraint, 2607 pg_conversion, 2608 pg_depend, 2609 pg_description, 2610 pg_index, \
        2611 pg_inherits, 2612 pg_language, 2613 pg_largeobject, 2615 pg_namespace, 2616 pg_opclass, \
        2617 pg_operator, 2618 pg_rewrite, 2619 pg_statistic, 2620 pg_trigger, 2753 pg_opfamily, \
        2964 pg_db_role_setting, 2995 pg_largeobject_metadata, 3079 pg_extension, 3118 pg_foreign_table, \
        3256 pg_policy, 3350 pg_partitioned_table, 3381 pg_statistic_ext, 3394 pg_init_privs, \
        3429 pg_statistic_ext_data, 3456 pg_collation, 3466 pg_event_trigger, 3501 pg_enum, 3541 pg_range, \
        3576 pg_transform, 3592 pg_shseclabel, 3596 pg_seclabel, 3600 pg_ts_dict, 3601 pg_ts_parser, \
        3602 pg_ts_config, 3603 pg_ts_config_map, 3764 pg_ts_template, 6000 pg_replication_origin, \
        6100 pg_subscription, 6102 pg_subscription_rel, 6104 pg_publication, 6106 pg_publication_rel, \
        6237 pg_publication_namespace, 6243 pg_parameter_acl
        """
}
