"""The SQL that reads landed text into standard form. Written once, for DuckDB; the engine says it in Spark's words where Spark runs.

What cannot be read becomes NULL and sets the bit of the field's rule, so that nothing is guessed and nothing is lost: the landed text stays.
"""

from __future__ import annotations

from yiwang.data.engine.queries import expression

from .declarations import FieldSpec, Spec

_FULL = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "　"
_HALF = "".join(chr(code) for code in range(0x21, 0x7F)) + " "
# Found in the field's files beside the usual forms: 2026年3月5日, 2026.3.5, 20260305, with a time behind.
_DAY = "^[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?([ T].*)?$"
_TRUE = ("是", "有", "1", "true", "TRUE", "True", "t", "Y", "y", "yes", "YES")
_FALSE = ("否", "无", "0", "false", "FALSE", "False", "f", "N", "n", "no", "NO")
_FEN = {"fen": 1, "yuan": 100, "wan": 1_000_000}


def ident(name: str) -> str:
    """``name`` as an SQL identifier, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """``value`` as an SQL string."""
    return "'" + value.replace("'", "''") + "'"


def _clean(item: FieldSpec, value: str) -> str:
    """Half-width, without blanks at the ends; empty is NULL. The guard keeps the dear translation from rows that need none."""
    # Guards before what is dear: most values are plain, and a text of one byte a character holds nothing to be translated.
    wide = f"bit_length({value}) <> length({value}) * 8 AND regexp_matches({value}, '[！-～　]')"
    found = f"trim(CASE WHEN {wide} THEN translate({value}, {text(_FULL)}, {text(_HALF)}) ELSE {value} END)"
    if item.type in ("identity_number", "uscc"):
        found = f"upper({found})"
    if item.form == "name":  # 阿依古丽·买买提 is written with many points
        points = f"regexp_replace(regexp_replace({found}, '[•・‧∙⋅．●]', '·', 'g'), ' *· *', '·', 'g')"
        joined = f"CASE WHEN regexp_matches({points}, '^[一-龥·]( *[一-龥·])+$') THEN replace({points}, ' ', '') ELSE {points} END"
        found = f"CASE WHEN regexp_matches({value}, '[ 　·•・‧∙⋅．●]') THEN {joined} ELSE {found} END"
    if item.form == "address":
        found = f"replace(replace(replace({found}, ' ', ''), '—', '-'), '–', '-')"
    return f"nullif({found}, '')"


def _date(value: str) -> str:
    part = "^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})"
    pieces = [f"lpad(regexp_extract({value}, '{part}', {n}), {width}, '0')" for n, width in ((1, 4), (2, 2), (3, 2))]
    return (
        f"CASE WHEN length({value}) = 10 AND substr({value}, 5, 1) IN ('-', '/', '.') AND substr({value}, 8, 1) IN ('-', '/', '.') "
        f"THEN TRY_CAST(replace(replace({value}, '/', '-'), '.', '-') AS DATE) "
        f"WHEN regexp_matches({value}, '{_DAY}') THEN TRY_CAST(concat({pieces[0]}, '-', {pieces[1]}, '-', {pieces[2]}) AS DATE) "
        f"WHEN regexp_matches({value}, '^[0-9]{{8}}([ T].*)?$') THEN TRY_CAST(concat(substr({value}, 1, 4), '-', substr({value}, 5, 2), '-', "
        f"substr({value}, 7, 2)) AS DATE) END"
    )


def _time(value: str) -> str:
    """A moment as China's clocks say it, in UTC."""
    plain = f"replace(replace({value}, '/', '-'), 'T', ' ')"
    return f"(TRY_CAST({plain} AS TIMESTAMP) - INTERVAL '8' HOUR)"


def _among(value: str, words: tuple[str, ...]) -> str:
    return f"{value} IN ({', '.join(map(text, words))})"


def _code(item: FieldSpec, value: str) -> str:
    known = {code: code for code in item.codes} | {word: code for code, word in item.codes.items()} | item.map
    return f"CASE {value} {' '.join(f'WHEN {text(word)} THEN {text(code)}' for word, code in known.items())} END"


def _typed(item: FieldSpec, value: str) -> str:
    """``value`` in the field's type; NULL when it cannot be read."""
    number = f"replace(replace({value}, ',', ''), '¥', '')"
    if item.codes or item.map:
        return _code(item, value)
    match item.type:
        case "integer":
            return f"CASE WHEN regexp_matches({number}, '^[-+]?[0-9]{{1,18}}(\\.0+)?$') THEN CAST(TRY_CAST({number} AS DECIMAL(38, 6)) AS BIGINT) END"
        case "decimal":
            return f"TRY_CAST({number} AS DECIMAL(24, 6))"
        case "money":
            bare = f"regexp_replace({number}, '元$', '')"
            return f"CAST(round(TRY_CAST({bare} AS DECIMAL(24, 6)) * {_FEN[item.unit]}, 0) AS BIGINT)"
        case "date":
            return _date(value)
        case "time":
            return _time(value)
        case "boolean":
            return f"CASE WHEN {_among(value, _TRUE)} THEN TRUE WHEN {_among(value, _FALSE)} THEN FALSE END"
        case "region":
            return f"CASE WHEN regexp_matches({value}, '^([0-9]{{6}}|[0-9]{{9}}|[0-9]{{12}}|[0-9]{{15}})$') THEN {value} END"
        case "phone":
            bare = f"regexp_replace(regexp_replace({value}, '[ -]', '', 'g'), '^[+]?86(1[0-9]{{10}})$', '\\1')"
            whole = "'^1[0-9]{10}$'"
            return f"CASE WHEN regexp_matches({value}, {whole}) THEN {value} WHEN regexp_matches({bare}, {whole}) THEN {bare} END"
        case "identity_number":
            return f"CASE WHEN regexp_matches({value}, '^[0-9]{{17}}[0-9X]$') THEN {value} END"
        case "uscc":
            return f"CASE WHEN regexp_matches({value}, '^[0-9A-HJ-NPQRTUWXY]{{18}}$') THEN {value} END"
        case _:
            return value


def _needs_second_look(item: FieldSpec) -> bool:
    """Whether a value that is there may be one that cannot be read."""
    return item.type != "text" or bool(item.codes or item.map)


def standard(spec: Spec) -> str:
    """SQL over ``landed``: _row, the fields in their types, and _unread: the bits of the rules of those that could not be read."""
    bits = {rule.field: rule.bit for rule in spec.rules if rule.kind == "read"}
    raw = []
    for item in spec.fields:
        given = f"CAST({_expression(spec, item)} AS TEXT)" if item.sql else ident(item.column)
        raw.append(f"{given} AS c_{item.name}")
    cleaned = [f"{_clean(item, f'c_{item.name}')} AS c_{item.name}" for item in spec.fields]
    typed = [f"{_typed(item, f'c_{item.name}')} AS {ident(item.name)}" for item in spec.fields]
    second = [item for item in spec.fields if _needs_second_look(item)]
    kept = "".join(f", c_{item.name}" for item in second)
    unread = " + ".join(
        f"CASE WHEN {ident(item.name)} IS NULL AND c_{item.name} IS NOT NULL THEN CAST({1 << bits[item.name]} AS BIGINT) ELSE 0 END"
        for item in second
    )
    names = ", ".join(ident(item.name) for item in spec.fields)
    return (
        f"SELECT _row, {names}, {unread or 'CAST(0 AS BIGINT)'} AS _unread FROM ("
        f"SELECT _row, {', '.join(typed)}{kept} FROM ("
        f"SELECT _row, {', '.join(cleaned)} FROM (SELECT _row, {', '.join(raw)} FROM landed) AS l0) AS l1) AS l2"
    )


def _expression(spec: Spec, item: FieldSpec) -> str:
    columns = [other.column for other in spec.fields if other.column]
    return str(expression(item.sql, columns).sql(dialect="duckdb"))
