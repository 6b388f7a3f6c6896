// The relations by which PostgreSQL tells what it has counted, and functions that make rows (its manual, 28.2 and 9.27).
extension CatalogColumns {
    static let statistics =
        alone + "\n"
        + [
            ("pg_stat", "indexes", indexes), ("pg_stat", "tables", tables), ("pg_statio", "indexes", indexPages),
            ("pg_statio", "tables", tablePages),
        ].flatMap { kind, objects, columns in
            ["all", "sys", "user"].map { "\(kind)_\($0)_\(objects) \(columns)" }
        }.joined(separator: "\n")

    private static let alone = """
        pg_file_settings sourcefile:text sourceline:int4 seqno:int4 name:text setting:text applied:bool error:text
        pg_hba_file_rules line_number:int4 type:text database:text[] user_name:text[] address:text netmask:text \
        auth_method:text options:text[] error:text
        pg_largeobject loid:oid pageno:int4 data:bytea
        pg_stat_archiver archived_count:int8 last_archived_wal:text last_archived_time:timestamptz failed_count:int8 \
        last_failed_wal:text last_failed_time:timestamptz stats_reset:timestamptz
        pg_stat_bgwriter checkpoints_timed:int8 checkpoints_req:int8 checkpoint_write_time:float8 \
        checkpoint_sync_time:float8 buffers_checkpoint:int8 buffers_clean:int8 maxwritten_clean:int8 \
        buffers_backend:int8 buffers_backend_fsync:int8 buffers_alloc:int8 stats_reset:timestamptz
        pg_stat_database_conflicts datid:oid datname:name confl_tablespace:int8 confl_lock:int8 confl_snapshot:int8 \
        confl_bufferpin:int8 confl_deadlock:int8
        pg_stat_progress_vacuum pid:int4 datid:oid datname:name relid:oid phase:text heap_blks_total:int8 \
        heap_blks_scanned:int8 heap_blks_vacuumed:int8 index_vacuum_count:int8 max_dead_tuples:int8 \
        num_dead_tuples:int8
        pg_stat_recovery_prefetch stats_reset:timestamptz prefetch:int8 hit:int8 skip_init:int8 skip_new:int8 \
        skip_fpw:int8 skip_rep:int8 wal_distance:int4 block_distance:int4 io_depth:int4
        pg_stat_replication_slots slot_name:text spill_txns:int8 spill_count:int8 spill_bytes:int8 stream_txns:int8 \
        stream_count:int8 stream_bytes:int8 total_txns:int8 total_bytes:int8 stats_reset:timestamptz
        pg_stat_slru name:text blks_zeroed:int8 blks_hit:int8 blks_read:int8 blks_written:int8 blks_exists:int8 \
        flushes:int8 truncates:int8 stats_reset:timestamptz
        pg_stat_subscription subid:oid subname:name pid:int4 relid:oid received_lsn:pg_lsn \
        last_msg_send_time:timestamptz last_msg_receipt_time:timestamptz latest_end_lsn:pg_lsn \
        latest_end_time:timestamptz
        pg_stat_user_functions funcid:oid schemaname:name funcname:name calls:int8 total_time:float8 \
        self_time:float8
        pg_stat_wal wal_records:int8 wal_fpi:int8 wal_bytes:numeric wal_buffers_full:int8 wal_write:int8 \
        wal_sync:int8 wal_write_time:float8 wal_sync_time:float8 stats_reset:timestamptz
        pg_ls_waldir name:text size:int8 modification:timestamptz
        pg_ls_tmpdir name:text size:int8 modification:timestamptz
        """

    // Those of all tables, of the catalogue's, and of users' have the same columns.

    private static let indexes = """
        relid:oid indexrelid:oid schemaname:name relname:name indexrelname:name idx_scan:int8 idx_tup_read:int8 \
        idx_tup_fetch:int8
        """

    private static let tables = """
        relid:oid schemaname:name relname:name seq_scan:int8 seq_tup_read:int8 idx_scan:int8? idx_tup_fetch:int8? \
        n_tup_ins:int8 n_tup_upd:int8 n_tup_del:int8 n_tup_hot_upd:int8 n_live_tup:int8 n_dead_tup:int8 \
        n_mod_since_analyze:int8 n_ins_since_vacuum:int8 last_vacuum:timestamptz last_autovacuum:timestamptz \
        last_analyze:timestamptz last_autoanalyze:timestamptz vacuum_count:int8 autovacuum_count:int8 \
        analyze_count:int8 autoanalyze_count:int8
        """

    private static let indexPages = """
        relid:oid indexrelid:oid schemaname:name relname:name indexrelname:name idx_blks_read:int8 idx_blks_hit:int8
        """

    private static let tablePages = """
        relid:oid schemaname:name relname:name heap_blks_read:int8 heap_blks_hit:int8 idx_blks_read:int8? \
        idx_blks_hit:int8? toast_blks_read:int8? toast_blks_hit:int8? tidx_blks_read:int8? tidx_blks_hit:int8?
        """
}
