"""The SQL of the rules: over the standard form, marking each row by the bits of the rules that it breaks. Written for DuckDB, portable to Spark."""

from __future__ import annotations

from decimal import Decimal

from yiwang.data.engine.queries import expression

from .declarations import RuleSpec, Spec
from .standard_sql import ident, text

_IDENTITY = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100


def identity_wrong(value: str) -> str:
    """Whether the last character is not the one that the first 17 digits call for (ISO 7064 MOD 11-2). NULL is not judged.

    The digits are taken as two numbers: arithmetic on whole columns is several times as fast as taking texts apart.
    """
    high, low = f"CAST(substr({value}, 1, 9) AS BIGINT)", f"CAST(substr({value}, 10, 8) AS BIGINT)"
    terms = [f"(({high} // {10 ** (8 - n)}) % 10) * {weight}" for n, weight in enumerate(_IDENTITY[:9])]
    terms += [f"(({low} // {10 ** (7 - n)}) % 10) * {weight}" for n, weight in enumerate(_IDENTITY[9:])]
    return f"substr({value}, 18, 1) <> substr('10X98765432', CAST(({' + '.join(terms)}) % 11 AS INTEGER) + 1, 1)"


def uscc_wrong(value: str) -> str:
    """Whether the last character is not the one that the first 17 call for (MOD 31 with weights 3^n)."""
    terms = [f"(strpos('{_USCC}', substr({value}, {n + 1}, 1)) - 1) * {pow(3, n, 31)}" for n in range(17)]
    return (
        f"substr({value}, 18, 1) <> substr('{_USCC}', CAST((31 - ({' + '.join(terms)}) % 31) % 31 AS INTEGER) + 1, 1)"
    )


def _bound(spec: Spec, rule: RuleSpec, side: str) -> str:
    """A bound as the field's type writes it. A number is as people write it: yuan for money, though money is kept in fen."""
    value, kind = rule.body[side], spec.field(rule.field).type
    if kind == "date":
        return f"CAST({text(str(value))} AS DATE)"
    if kind == "money":
        return str(round(Decimal(value) * 100))
    return str(Decimal(value)) if kind in ("integer", "decimal") else text(str(value))


def wrong(spec: Spec, rule: RuleSpec) -> str:
    """An expression that is true where a row breaks a rule of its own; "" for a rule that needs other rows."""
    name = ident(rule.field) if rule.field else ""
    match rule.kind:
        case "required":
            # What cannot be read is told by its own rule, once.
            read = next((other for other in spec.rules if other.kind == "read" and other.field == rule.field), None)
            return f"{name} IS NULL" + (f" AND (_unread & {1 << read.bit}) = 0" if read else "")
        case "length":
            return f"length({name}) > {spec.field(rule.field).length}"
        case "checkdigit":
            return identity_wrong(name) if spec.field(rule.field).type == "identity_number" else uscc_wrong(name)
        case "range":
            sides = [
                f"{name} {sign} {_bound(spec, rule, side)}"
                for side, sign in (("least", "<"), ("most", ">"))
                if side in rule.body
            ]
            return " OR ".join(sides)
        case "pattern":
            return f"NOT regexp_matches({name}, {text(rule.body['pattern'])})"
        case "cross" | "sql":
            return f"NOT ({expression(rule.body['sql'], [item.name for item in spec.fields]).sql(dialect='duckdb')})"
        case _:
            return ""


def marks(spec: Spec) -> str:
    """SQL over ``standard`` and the tables that are referred to: _row and _mask of the rows that break a rule."""
    own = [
        (rule, wrong(spec, rule))
        for rule in spec.rules
        if rule.kind not in ("unique", "reference", "read") and not rule.of_batch
    ]
    terms = [f"CASE WHEN {condition} THEN CAST({1 << rule.bit} AS BIGINT) ELSE 0 END" for rule, condition in own]
    parts = [
        f"SELECT _row, m AS _mask FROM (SELECT _row, {' + '.join(['_unread', *terms])} AS m FROM standard) AS a WHERE m <> 0"
    ]
    for rule in spec.rules:
        bit = f"CAST({1 << rule.bit} AS BIGINT)"
        if rule.kind == "unique":
            parts.append(_unique(rule, bit))
        elif rule.kind == "reference":
            name, other = ident(rule.field), ident(rule.body.get("column") or rule.field)
            parts.append(
                f"SELECT _row, {bit} AS _mask FROM standard AS s WHERE {name} IS NOT NULL AND NOT EXISTS "
                f"(SELECT 1 FROM {ident(reference_name(rule))} AS r WHERE r.{other} = s.{name})"
            )
    return f"SELECT _row, CAST(sum(_mask) AS BIGINT) AS _mask FROM ({' UNION ALL '.join(parts)}) AS found GROUP BY _row"


def _unique(rule: RuleSpec, bit: str) -> str:
    names = [ident(name) for name in rule.body["fields"]]
    listed, there = ", ".join(names), " AND ".join(f"{name} IS NOT NULL" for name in names)
    if rule.body.get("keep") == "first":
        return (
            f"SELECT _row, {bit} AS _mask FROM (SELECT _row, row_number() OVER (PARTITION BY {listed} ORDER BY _row) AS n "
            f"FROM standard WHERE {there}) AS u WHERE n > 1"
        )
    same = " AND ".join(f"s.{name} = d.{name}" for name in names)
    return (
        f"SELECT s._row, {bit} AS _mask FROM standard AS s JOIN (SELECT {listed} FROM standard WHERE {there} "
        f"GROUP BY {listed} HAVING count(*) > 1) AS d ON {same}"
    )


def reference_name(rule: RuleSpec) -> str:
    """How the SQL calls the theme table that a rule refers to."""
    return f"ref_{rule.body['table']}"


def failed_sql(spec: Spec) -> str:
    """SQL over ``marks``: for each rule the rows that break it, then the rows that are held and those that are only warned of."""
    mask = spec.hold_mask
    each = [f"count(*) FILTER (WHERE (_mask & {1 << rule.bit}) <> 0)" for rule in spec.rules]
    return f"SELECT {', '.join(each)}, count(*) FILTER (WHERE (_mask & {mask}) <> 0), count(*) FILTER (WHERE (_mask & {mask}) = 0) FROM marks"
