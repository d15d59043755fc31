"""What the store itself does for the log: queue each new entry for its place, and refuse to change what was written.

Triggers, installed by the migration. They hold for every program that reaches the store, not for whoever may drop them; that
is what the audit is for. Deleting is refused on PostgreSQL only: Django empties SQLite tables between tests with DELETE.
"""

from __future__ import annotations

from typing import Any

FIXED = ("ledger_entry", "ledger_leaf", "ledger_node", "ledger_head")

_POSTGRES = [
    """CREATE FUNCTION ledger_entry_waits() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO ledger_waiting (entry_id) VALUES (NEW.id); RETURN NULL; END $$""",
    """CREATE TRIGGER ledger_entry_waits AFTER INSERT ON ledger_entry
        FOR EACH ROW EXECUTE FUNCTION ledger_entry_waits()""",
    """CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the log is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    *(
        f"CREATE TRIGGER {table}_fixed BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
        for table in FIXED
    ),
]
_SQLITE = [
    """CREATE TRIGGER ledger_entry_waits AFTER INSERT ON ledger_entry
        BEGIN INSERT INTO ledger_waiting (entry_id) VALUES (NEW.id); END""",
    *(
        f"CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
        for table in FIXED
    ),
]


def install(apps: Any, schema_editor: Any) -> None:
    """Run by the migration. One that rebuilds a table on SQLite has to run it again: the triggers go with the old table."""
    for statement in _POSTGRES if schema_editor.connection.vendor == "postgresql" else _SQLITE:
        schema_editor.execute(statement, params=None)


def remove(apps: Any, schema_editor: Any) -> None:
    """The way back of :func:`install`."""
    postgres = schema_editor.connection.vendor == "postgresql"
    for trigger, table in [("ledger_entry_waits", "ledger_entry"), *((f"{table}_fixed", table) for table in FIXED)]:
        schema_editor.execute(f"DROP TRIGGER {trigger}{f' ON {table}' if postgres else ''}", params=None)
    if postgres:
        schema_editor.execute("DROP FUNCTION ledger_entry_waits()", params=None)
        schema_editor.execute("DROP FUNCTION ledger_refuse()", params=None)
