"""What SQLAlchemy's suite may ask of Tandem, and what not, with the reason."""

from sqlalchemy.testing import exclusions
from sqlalchemy.testing.requirements import SuiteRequirements

# Of what the suite leaves closed unless a dialect says otherwise, what is here.
PRESENT = """
    table_ddl_if_exists index_ddl_if_exists uuid_data_type foreign_keys on_update_cascade self_referential_foreign_keys
    foreign_key_ddl named_constraints unusual_column_name_characters table_value_constructor boolean_col_expressions
    nullsordering intersect except_ window_functions ctes ctes_with_values ctes_with_update_delete tuple_in views
    foreign_key_constraint_name_reflection implicit_default_schema reflects_pk_names
    foreign_key_constraint_option_reflection_ondelete fk_constraint_option_reflection_ondelete_restrict
    fk_constraint_option_reflection_ondelete_noaction foreign_key_constraint_option_reflection_onupdate
    fk_constraint_option_reflection_onupdate_restrict unique_constraints_reflect_as_index indexes_check_column_order
    indexes_with_expressions reflect_indexes_with_expressions unique_constraint_reflection
    inline_check_constraint_reflection check_constraint_reflection duplicate_key_raises_integrity_error unbounded_varchar
    unicode_data unicode_ddl symbol_names_w_double_quote datetime_literals datetime datetime_timezone
    date_implicit_bound time_implicit_bound datetime_implicit_bound datetime_microseconds datetime_historic date
    date_historic time time_microseconds binary_comparisons binary_literals autocommit skip_autocommit_rollback
    isolation_level json_type json_array_indexes server_defaults expression_server_defaults infinity_floats
    float_or_double_precision_behaves_generically precision_numerics_general precision_numerics_enotation_small
    savepoints update_from mod_operator_as_percent_sign percent_schema_names order_by_label_with_expression
    computed_columns computed_columns_stored computed_columns_reflect_persisted supports_is_distinct_from
    identity_columns identity_columns_standard regexp_match fetch_first fetch_no_order_by fetch_expression
    fetch_offset_with_options supports_bitwise_or supports_bitwise_and supports_bitwise_not supports_bitwise_shift
    non_broken_binary json_deserializer_binary implicitly_named_constraints recursive_fk_cascade returning_star provisioned_upsert
""".split()

# What PostgreSQL has, or SQLAlchemy expects of every database, and is not here.
ABSENT = {
    "there is one schema": "schemas schema_create_delete default_schema_name_switch cross_schema_fk_reflection",
    "there are no sequences": "sequences sequences_optional",
    "there are no temporary tables": """temporary_tables temporary_views temp_table_names has_temp_table
        temp_table_reflection temp_table_reflect_indexes temp_table_comment_reflection""",
    "there are no two-phase transactions": "two_phase_transactions",
    "a column holds no array": "array_type",
    "comments are not kept": """comment_reflection comment_reflection_full_unicode constraint_comment_reflection""",
    "SQLite keeps 15 digits of a number": """precision_numerics_many_significant_digits
        cast_precision_numerics_many_significant_digits precision_numerics_retains_significant_digits""",
    "no intervals, no times with a zone": "datetime_interval time_timezone datetime_timezone_historic",
    "a date keeps the time that it is given": "date_coerces_from_datetime",
    "no DELETE … USING, no changes inside of WITH": "delete_from ctes_on_dml",
    "SQLite has no such function or operator": "regexp_replace supports_bitwise_xor",
    "SQLAlchemy refuses virtual columns for PostgreSQL": "computed_columns_virtual",
    "foreign keys are found in another order": "repeated_column_foreign_keys",
    "materialized views": "materialized_views",
}


def constant(predicate):
    return property(lambda self: predicate)


class Requirements(SuiteRequirements):
    def get_isolation_levels(self, config):
        return {
            "default": "READ COMMITTED",
            "supported": ["AUTOCOMMIT", "READ COMMITTED", "READ UNCOMMITTED", "REPEATABLE READ", "SERIALIZABLE"]}


for name in PRESENT:
    setattr(Requirements, name, constant(exclusions.open()))
for reason, names in ABSENT.items():
    for name in names.split():
        setattr(Requirements, name, constant(exclusions.skip_if(lambda config: True, reason)))
