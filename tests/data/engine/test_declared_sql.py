"""Declared SQL is one SELECT over the tables it was given."""

from __future__ import annotations

import duckdb
import pytest

from yiwang.data.engine.queries import declared, expression
from yiwang.kernel.refusals import Invalid


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a, count(*) AS n FROM t WHERE regexp_matches(a, '^x') GROUP BY a HAVING count(*) > 1 ORDER BY n LIMIT 5",
        "WITH c AS (SELECT * FROM t) SELECT c.a, upper(c.a) AS b FROM c JOIN u ON c.a = u.a",
        "SELECT a FROM t UNION ALL SELECT a FROM u",
        "SELECT row_number() OVER (PARTITION BY a ORDER BY a) AS n, TRY_CAST(a AS DATE) AS d FROM t",
        "SELECT a FROM t WHERE a IN (SELECT a FROM u) AND EXISTS (SELECT 1 FROM u WHERE u.a = t.a)",
        'SELECT a AS "x; DROP TABLE t" FROM t',
        "SELECT x.a FROM (SELECT a FROM t) AS x",
    ],
)
def test_what_may_run_runs(sql: str) -> None:
    ready = declared(sql, ["t", "u"])
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT '2026-01-01' AS a; CREATE TABLE u AS SELECT 'y' AS a")
        connection.execute(ready.to("duckdb"))
    assert ready.to("spark")


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("", "required"),
        ("SELECT 1; DROP TABLE t", "single"),
        ("DROP TABLE t", "select"),
        ("COPY t TO '/tmp/x.csv'", "select"),
        ("ATTACH '/tmp/x.db'", "select"),
        ("PRAGMA database_list", "select"),
        ("SET memory_limit = '1TB'", "select"),
        ("INSERT INTO t VALUES (1)", "select"),
        ("SELECT * FROM", "syntax"),
        ("SELECT * FROM read_csv('/etc/passwd')", "function"),
        ("SELECT * FROM read_text('/etc/passwd')", "function"),
        ("SELECT * FROM glob('/*')", "function"),
        ("SELECT * FROM duckdb_settings()", "function"),
        ("SELECT * FROM range(100000000000)", "function"),
        ("SELECT getenv('HOME')", "function"),
        ("SELECT current_setting('memory_limit')", "function"),
        ("SELECT repeat('x', 1000000000)", "function"),
        ("SELECT * FROM '/etc/passwd'", "table"),
        ('SELECT * FROM "/etc/passwd.csv"', "table"),
        ("SELECT * FROM other", "table"),
        ("SELECT * FROM main.t", "table"),
        ("SELECT * FROM information_schema.tables", "table"),
        ("SELECT * FROM pg_tables", "table"),
        ("SELECT (SELECT max(a) FROM secret) FROM t", "table"),
        ("SELECT * FROM (WITH pg_tables AS (SELECT 1) SELECT * FROM pg_tables) AS x, pg_tables", "table"),
        ("SELECT $1 FROM t", "forbidden"),
    ],
)
def test_what_reaches_further_is_refused(sql: str, rule: str) -> None:
    with pytest.raises(Invalid) as caught:
        declared(sql, ["t"])
    assert [problem.rule for problem in caught.value.problems] == [rule]


def test_an_expression_sees_one_row() -> None:
    assert (
        expression("amount > 0 AND length(name) <= 20", ["amount", "name"]).sql() == "amount > 0 AND LENGTH(name) <= 20"
    )
    for text, rule in (
        ("(SELECT max(a) FROM t)", "expression"),
        ("sum(amount) > 0", "expression"),
        ("amount FROM t", "expression"),
        ("amount, name", "expression"),
        ("amount AS a", "expression"),
        ("other > 0", "column"),
        ("t.amount > 0", "column"),
        ("read_text('/etc/passwd') = ''", "function"),
        ("1; DROP TABLE t", "single"),
    ):
        with pytest.raises(Invalid) as caught:
            expression(text, ["amount", "name"])
        assert caught.value.problems[0].rule == rule, text
