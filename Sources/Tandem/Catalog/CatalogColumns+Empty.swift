extension CatalogColumns {
    /// Relations of `pg_catalog` that browsers ask for, and that have no rows or next to none; and functions that make rows
    /// of what nothing has: options and privileges of objects.
    static let empty = """
        pg_available_extension_versions name:name version:text installed:bool superuser:bool trusted:bool \
        relocatable:bool schema:name requires:name[] comment:text
        pg_ident_file_mappings line_number:int4 map_name:text sys_name:text pg_username:text error:text
        pg_parameter_acl oid:oid parname:text paracl:aclitem[]
        pg_policies schemaname:name tablename:name policyname:name permissive:text roles:name[] cmd:text qual:text \
        with_check:text
        pg_replication_origin roident:oid roname:text
        pg_replication_origin_status local_id:oid external_id:text remote_lsn:pg_lsn local_lsn:pg_lsn
        pg_seclabels objoid:oid classoid:oid objsubid:int4 objtype:text objnamespace:oid objname:text provider:text \
        label:text
        pg_shdepend dbid:oid classid:oid objid:oid objsubid:int4 refclassid:oid refobjid:oid deptype:char
        pg_stat_progress_analyze pid:int4 datid:oid datname:name relid:oid phase:text sample_blks_total:int8 \
        sample_blks_scanned:int8 ext_stats_total:int8 ext_stats_computed:int8 child_tables_total:int8 \
        child_tables_done:int8 current_child_table_relid:oid
        pg_stat_progress_basebackup pid:int4 phase:text backup_total:int8 backup_streamed:int8 \
        tablespaces_total:int8 tablespaces_streamed:int8
        pg_stat_progress_cluster pid:int4 datid:oid datname:name relid:oid command:text phase:text \
        cluster_index_relid:oid heap_tuples_scanned:int8 heap_tuples_written:int8 heap_blks_total:int8 \
        heap_blks_scanned:int8 index_rebuild_count:int8
        pg_stat_progress_copy pid:int4 datid:oid datname:name relid:oid command:text type:text bytes_processed:int8 \
        bytes_total:int8 tuples_processed:int8 tuples_excluded:int8
        pg_stat_progress_create_index pid:int4 datid:oid datname:name relid:oid index_relid:oid command:text \
        phase:text lockers_total:int8 lockers_done:int8 current_locker_pid:int8 blocks_total:int8 blocks_done:int8 \
        tuples_total:int8 tuples_done:int8 partitions_total:int8 partitions_done:int8
        pg_stat_subscription_stats subid:oid subname:name apply_error_count:int8 sync_error_count:int8 \
        stats_reset:timestamptz
        pg_stat_xact_all_tables relid:oid schemaname:name relname:name seq_scan:int8 seq_tup_read:int8 idx_scan:int8 \
        idx_tup_fetch:int8 n_tup_ins:int8 n_tup_upd:int8 n_tup_del:int8 n_tup_hot_upd:int8
        pg_stat_xact_sys_tables relid:oid schemaname:name relname:name seq_scan:int8 seq_tup_read:int8 idx_scan:int8 \
        idx_tup_fetch:int8 n_tup_ins:int8 n_tup_upd:int8 n_tup_del:int8 n_tup_hot_upd:int8
        pg_stat_xact_user_tables relid:oid schemaname:name relname:name seq_scan:int8 seq_tup_read:int8 \
        idx_scan:int8 idx_tup_fetch:int8 n_tup_ins:int8 n_tup_upd:int8 n_tup_del:int8 n_tup_hot_upd:int8
        pg_stat_xact_user_functions funcid:oid schemaname:name funcname:name calls:int8 total_time:float8 \
        self_time:float8
        pg_statio_all_sequences relid:oid schemaname:name relname:name blks_read:int8 blks_hit:int8
        pg_statio_sys_sequences relid:oid schemaname:name relname:name blks_read:int8 blks_hit:int8
        pg_statio_user_sequences relid:oid schemaname:name relname:name blks_read:int8 blks_hit:int8
        pg_statistic starelid:oid staattnum:int2 stainherit:bool stanullfrac:real stawidth:int4 stadistinct:real \
        stakind1:int2 stakind2:int2 stakind3:int2 stakind4:int2 stakind5:int2 staop1:oid staop2:oid staop3:oid \
        staop4:oid staop5:oid stacoll1:oid stacoll2:oid stacoll3:oid stacoll4:oid stacoll5:oid stanumbers1:real[] \
        stanumbers2:real[] stanumbers3:real[] stanumbers4:real[] stanumbers5:real[] stavalues1:anyarray \
        stavalues2:anyarray stavalues3:anyarray stavalues4:anyarray stavalues5:anyarray
        pg_statistic_ext_data stxoid:oid stxdinherit:bool stxdndistinct:pg_ndistinct \
        stxddependencies:pg_dependencies stxdmcv:pg_mcv_list stxdexpr:pg_statistic[]
        pg_stats_ext schemaname:name tablename:name statistics_schemaname:name statistics_name:name \
        statistics_owner:name attnames:name[] exprs:text[] kinds:char[] inherited:bool n_distinct:pg_ndistinct \
        dependencies:pg_dependencies most_common_vals:text[] most_common_val_nulls:boolean[] \
        most_common_freqs:float8[] most_common_base_freqs:float8[]
        pg_stats_ext_exprs schemaname:name tablename:name statistics_schemaname:name statistics_name:name \
        statistics_owner:name expr:text inherited:bool null_frac:real avg_width:int4 n_distinct:real \
        most_common_vals:anyarray most_common_freqs:real[] histogram_bounds:anyarray correlation:real \
        most_common_elems:anyarray most_common_elem_freqs:real[] elem_count_histogram:real[]
        pg_subscription_rel srsubid:oid srrelid:oid srsubstate:char srsublsn:pg_lsn
        pg_timezone_abbrevs abbrev:text utc_offset:interval is_dst:bool
        pg_user_mappings umid:oid srvid:oid srvname:name umuser:oid usename:name umoptions:text[]
        pg_options_to_table option_name:text option_value:text
        pg_partition_tree relid:oid parentrelid:oid isleaf:bool level:int4
        aclexplode grantor:oid grantee:oid privilege_type:text is_grantable:bool
        """

    /// Those of `information_schema`.
    static let emptyInformation = """
        information_schema.administrable_role_authorizations grantee:name role_name:name is_grantable:varchar
        information_schema.applicable_roles grantee:name role_name:name is_grantable:varchar
        information_schema.attributes udt_catalog:name udt_schema:name udt_name:name attribute_name:name \
        ordinal_position:int4? attribute_default:text is_nullable:varchar data_type:text \
        character_maximum_length:int4? character_octet_length:int4? character_set_catalog:name \
        character_set_schema:name character_set_name:name collation_catalog:name collation_schema:name \
        collation_name:name numeric_precision:int4? numeric_precision_radix:int4? numeric_scale:int4? \
        datetime_precision:int4? interval_type:text interval_precision:int4? attribute_udt_catalog:name \
        attribute_udt_schema:name attribute_udt_name:name scope_catalog:name scope_schema:name scope_name:name \
        maximum_cardinality:int4? dtd_identifier:name is_derived_reference_attribute:varchar
        information_schema.collations collation_catalog:name collation_schema:name collation_name:name \
        pad_attribute:text
        information_schema.column_domain_usage domain_catalog:name domain_schema:name domain_name:name \
        table_catalog:name table_schema:name table_name:name column_name:name
        information_schema.column_options table_catalog:name table_schema:name table_name:name column_name:name \
        option_name:name option_value:text
        information_schema.column_udt_usage udt_catalog:name udt_schema:name udt_name:name table_catalog:name \
        table_schema:name table_name:name column_name:name
        information_schema.data_type_privileges object_catalog:name object_schema:name object_name:name \
        object_type:text dtd_identifier:name
        information_schema.domain_constraints constraint_catalog:name constraint_schema:name constraint_name:name \
        domain_catalog:name domain_schema:name domain_name:name is_deferrable:varchar initially_deferred:varchar
        information_schema.domain_udt_usage udt_catalog:name udt_schema:name udt_name:name domain_catalog:name \
        domain_schema:name domain_name:name
        information_schema.element_types object_catalog:name object_schema:name object_name:name object_type:text \
        collection_type_identifier:name data_type:text character_maximum_length:int4? character_octet_length:int4? \
        character_set_catalog:name character_set_schema:name character_set_name:name collation_catalog:name \
        collation_schema:name collation_name:name numeric_precision:int4? numeric_precision_radix:int4? \
        numeric_scale:int4? datetime_precision:int4? interval_type:text interval_precision:int4? domain_default:text \
        udt_catalog:name udt_schema:name udt_name:name scope_catalog:name scope_schema:name scope_name:name \
        maximum_cardinality:int4? dtd_identifier:name
        information_schema.foreign_data_wrapper_options foreign_data_wrapper_catalog:name \
        foreign_data_wrapper_name:name option_name:name option_value:text
        information_schema.foreign_data_wrappers foreign_data_wrapper_catalog:name foreign_data_wrapper_name:name \
        authorization_identifier:name library_name:text foreign_data_wrapper_language:text
        information_schema.foreign_server_options foreign_server_catalog:name foreign_server_name:name \
        option_name:name option_value:text
        information_schema.foreign_servers foreign_server_catalog:name foreign_server_name:name \
        foreign_data_wrapper_catalog:name foreign_data_wrapper_name:name foreign_server_type:text \
        foreign_server_version:text authorization_identifier:name
        information_schema.foreign_table_options foreign_table_catalog:name foreign_table_schema:name \
        foreign_table_name:name option_name:name option_value:text
        information_schema.foreign_tables foreign_table_catalog:name foreign_table_schema:name \
        foreign_table_name:name foreign_server_catalog:name foreign_server_name:name
        information_schema.information_schema_catalog_name catalog_name:name
        information_schema.role_column_grants grantor:name grantee:name table_catalog:name table_schema:name \
        table_name:name column_name:name privilege_type:text is_grantable:varchar
        information_schema.role_routine_grants grantor:name grantee:name specific_catalog:name specific_schema:name \
        specific_name:name routine_catalog:name routine_schema:name routine_name:name privilege_type:text \
        is_grantable:varchar
        information_schema.role_table_grants grantor:name grantee:name table_catalog:name table_schema:name \
        table_name:name privilege_type:text is_grantable:varchar with_hierarchy:varchar
        information_schema.role_usage_grants grantor:name grantee:name object_catalog:name object_schema:name \
        object_name:name object_type:text privilege_type:text is_grantable:varchar
        information_schema.routine_privileges grantor:name grantee:name specific_catalog:name specific_schema:name \
        specific_name:name routine_catalog:name routine_schema:name routine_name:name privilege_type:text \
        is_grantable:varchar
        information_schema.transforms udt_catalog:name udt_schema:name udt_name:name specific_catalog:name \
        specific_schema:name specific_name:name group_name:name transform_type:text
        information_schema.triggered_update_columns trigger_catalog:name trigger_schema:name trigger_name:name \
        event_object_catalog:name event_object_schema:name event_object_table:name event_object_column:name
        information_schema.udt_privileges grantor:name grantee:name udt_catalog:name udt_schema:name udt_name:name \
        privilege_type:text is_grantable:varchar
        information_schema.usage_privileges grantor:name grantee:name object_catalog:name object_schema:name \
        object_name:name object_type:text privilege_type:text is_grantable:varchar
        information_schema.user_defined_types user_defined_type_catalog:name user_defined_type_schema:name \
        user_defined_type_name:name user_defined_type_category:text is_instantiable:varchar is_final:varchar \
        ordering_form:text ordering_category:text ordering_routine_catalog:name ordering_routine_schema:name \
        ordering_routine_name:name reference_type:text data_type:text character_maximum_length:int4? \
        character_octet_length:int4? character_set_catalog:name character_set_schema:name character_set_name:name \
        collation_catalog:name collation_schema:name collation_name:name numeric_precision:int4? \
        numeric_precision_radix:int4? numeric_scale:int4? datetime_precision:int4? interval_type:text \
        interval_precision:int4? source_dtd_identifier:name ref_dtd_identifier:name
        information_schema.user_mapping_options authorization_identifier:name foreign_server_catalog:name \
        foreign_server_name:name option_name:name option_value:text
        information_schema.user_mappings authorization_identifier:name foreign_server_catalog:name \
        foreign_server_name:name
        information_schema.view_column_usage view_catalog:name view_schema:name view_name:name table_catalog:name \
        table_schema:name table_name:name column_name:name
        information_schema.view_routine_usage table_catalog:name table_schema:name table_name:name \
        specific_catalog:name specific_schema:name specific_name:name
        """
}
