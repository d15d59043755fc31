"""The tools for tables: DuckDB within its limits, Parquet files with manifests in the lake, declared SQL that is read before it runs,
and Spark for the same SQL where one machine is outgrown. It knows no resource, no register and no right (ADR 0063)."""
