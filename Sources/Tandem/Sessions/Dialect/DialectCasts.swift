/// What a cast to one of PostgreSQL's types is to SQLite.
enum DialectCasts {
    /// By the type's name; `$1` is the operand. What is not here stays as it is: values have types of their own.
    static let templates: [String: String] = {
        var templates: [String: String] = [:]
        func add(_ template: String, _ names: String) {
            for name in names.split(separator: ",") { templates[String(name)] = template }
        }
        add("CAST($1 AS INTEGER)", "int,integer,int2,int4,int8,smallint,bigint,oid,xid,cid")
        add("CAST($1 AS REAL)", "real,float,float4,float8,double precision,double")
        add("CAST($1 AS NUMERIC)", "numeric,decimal")
        add("CAST($1 AS TEXT)", "text,varchar,character varying,char,character,bpchar,name")
        add("tandem_boolean($1)", "bool,boolean")
        add("tandem_bytea($1)", "bytea")
        add("tandem_as_uuid($1)", "uuid")
        add("tandem_lsn($1)", "pg_lsn")
        add("tandem_interval($1)", "interval")
        add(regclass, "regclass")
        add("tandem_regtype($1)", "regtype")
        add("tandem_regproc($1)", "regproc,regprocedure,regoper,regoperator")
        add("tandem_regnamespace($1)", "regnamespace")
        add("tandem_session('user')", "regrole")
        add(
            "tandem_number_array($1)",
            "int[],integer[],int2[],int4[],int8[],smallint[],bigint[],oid[],numeric[],float8[]")
        return templates
    }()

    /// Those of numbers that may be infinite, or none, in PostgreSQL.
    static let numbers: Set<String> = [
        "real", "float", "float4", "float8", "double precision", "double", "numeric", "decimal",
    ]

    /// A boolean or bytes as the text that PostgreSQL writes of them.
    ///
    /// - Parameter isOfSchema: whether other programs are to read it, which have none of a node's functions.
    static func text(of kind: TextOperand, _ operand: TranslatedSQL, isOfSchema: Bool) -> TranslatedSQL {
        switch kind {
        case .boolean where isOfSchema:
            TranslatedSQL("CASE $1 WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE CAST($1 AS TEXT) END", [operand])
        case .bytes where isOfSchema:
            TranslatedSQL(
                "CASE typeof($1) WHEN 'blob' THEN '\\x' || lower(hex($1)) ELSE CAST($1 AS TEXT) END", [operand])
        case .boolean:
            TranslatedSQL("CASE tandem_boolean($1) WHEN 0 THEN 'false' WHEN 1 THEN 'true' END", [operand])
        case .bytes: TranslatedSQL("tandem_bytea_text($1)", [operand])
        case .other: TranslatedSQL("CAST($1 AS TEXT)", [operand])
        }
    }

    /// Types that SQLite does not know, whose values stay as they are.
    static let unchanged: Set<String> = [
        "date", "time", "timestamp", "timestamptz", "timestamp with time zone", "timestamp without time zone",
        "time without time zone", "json", "jsonb",
    ]

    /// A name by its number, a number by its name.
    static let regclass =
        "CASE WHEN typeof($1) = 'integer' THEN coalesce((SELECT tandem_n FROM _tandem_names WHERE tandem_o = $1), $1)"
        + " WHEN CAST($1 AS TEXT) NOT GLOB '*[^0-9]*' THEN CAST($1 AS INTEGER)"
        + " ELSE (SELECT tandem_o FROM _tandem_names WHERE tandem_n = tandem_name($1)) END"

    /// - Parameter isLiteral: whether the operand is a string or a parameter: one that is cast to a date has its form
    ///   already, as far as it has one.
    static func cast(_ operand: TranslatedSQL, to type: String, isLiteral: Bool) -> TranslatedSQL {
        if let template = templates[type] {
            let isSubquery = type == "regclass"
            return TranslatedSQL(isSubquery ? "(\(template))" : template, [operand])
        }
        if type == "date", !isLiteral { return TranslatedSQL("date($1)", [operand]) }
        return operand
    }
}
