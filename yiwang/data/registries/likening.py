"""Likening rows without a key to records: Splink on DuckDB, in memory, over the columns that the model needs. Private to this room.

What spills lies in clear in a folder of the run, inside the data folder, and goes with the run. A run that was killed leaves its folder
behind; it is known by its lock, which no living process holds, and :func:`sweep` removes it within a minute.
"""

from __future__ import annotations

import fcntl
import logging
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import splink.comparison_level_library as levels
from pypinyin import Style, lazy_pinyin
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.comparison_library import CustomComparison

from yiwang.config.environment import environment
from yiwang.data.engine import queries as engine

from .modelling import SOUND, YEAR, LinkModel

FOLDER = "linking"
LOCK = "lock"
BATCH = 10_000
FEW, CHANCE_PAIRS, MANY_CHANCE_PAIRS = (
    50_000,
    2e5,
    2e6,
)  # pairs drawn to count how often chance alone makes two rows alike
SHARE_HELD = 0.8  # of the rows without a key, how many are expected to speak of somebody whom the register holds
LEAST_CHANCE = 1e-7
SEED = 9901


@dataclass(frozen=True, slots=True)
class Pair:
    """A row without a key and a record that may be the same: the probability, and for each compared element the level reached (0: unlike)."""

    own: str
    key_hash: str
    probability: float
    levels: dict[str, int]


def folders() -> Path:
    """Where the folders of runs lie."""
    return environment.data_dir / FOLDER


@contextmanager
def folder_of(run: object) -> Iterator[Path]:
    """The folder of one run, locked while the process lives, removed at the end."""
    home = folders() / str(run)
    shutil.rmtree(home, ignore_errors=True)  # a killed try of the same run
    home.mkdir(parents=True, mode=0o700)
    try:
        with (home / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _held(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def sweep() -> int:
    """Remove the folders of runs whose process is gone; returns how many."""
    gone = 0
    for home in folders().iterdir() if folders().is_dir() else ():
        try:
            with (home / LOCK).open("r") as lock:
                if _held(lock):
                    continue
        except OSError:  # killed before it could lock, or removed meanwhile
            pass
        shutil.rmtree(home, ignore_errors=True)
        gone += 1
    return gone


@lru_cache(maxsize=200_000)
def sound(name: str) -> str:
    """How a name sounds, without tones: 林晓梅 and 林小梅 are both "lin xiao mei"."""
    return " ".join(lazy_pinyin(name, style=Style.NORMAL))


def table(model: LinkModel, rows: Iterable[tuple[str, dict[str, Any]]]) -> pa.Table:
    """The columns of the model for rows of (id, data), a batch at a time."""
    names = model.elements()
    columns = ["unique_id", *names]
    sounding = sorted({name for name, how in model.compare if how == "name"} | _parts(model, SOUND))
    years = sorted(_parts(model, YEAR))
    schema = pa.schema([(name, pa.string()) for name in [*columns, *(f"{n}_sound" for n in sounding), *(f"{n}_year" for n in years)]])  # fmt: skip
    batches: list[pa.RecordBatch] = []
    part: list[list[str | None]] = []

    def line(own: str, data: dict[str, Any]) -> list[str | None]:
        values = {name: None if data.get(name) is None else str(data[name]) for name in names}
        return [
            own, *values.values(),
            *(sound(text) if (text := values[name]) else None for name in sounding),
            *(text[:4] if (text := values[name]) else None for name in years),
        ]  # fmt: skip

    def close() -> None:
        if part:
            batches.append(pa.record_batch([pa.array(column, pa.string()) for column in zip(*part, strict=True)], schema=schema))  # fmt: skip
            part.clear()

    for own, data in rows:
        part.append(line(own, data))
        if len(part) >= BATCH:
            close()
    close()
    return pa.Table.from_batches(batches, schema)


def _parts(model: LinkModel, part: str) -> set[str]:
    return {column.split("~")[0] for rule in model.block for column in rule if column.endswith(part)}


def _level(condition: str, label: str, share: float) -> Any:
    return levels.CustomLevel(condition, label).configure(m_probability=share, fix_m_probability=True)


def comparison(name: str, how: str) -> CustomComparison:
    """The levels of likeness of one element, from alike to unlike, with their shares among true pairs.

    The shares are what registries of this kind show: one row in ten has a name that is written otherwise (a homophone, a character left out), one
    in fourteen another date, one in four another phone; addresses are rarely written twice alike.
    """
    left, right = f'"{name}_l"', f'"{name}_r"'
    null = levels.NullLevel(name)
    exact = levels.ExactMatchLevel(name, term_frequency_adjustments=how == "name")

    def alike(share: float) -> Any:
        return exact.configure(m_probability=share, fix_m_probability=True)

    def unlike(share: float) -> Any:
        return levels.ElseLevel().configure(m_probability=share, fix_m_probability=True)

    if how == "name":
        heard = f'"{name}_sound_l" = "{name}_sound_r"'
        near = f"levenshtein({left}, {right}) <= 1 AND least(length({left}), length({right})) >= 2"
        steps = [null, alike(0.9), _level(heard, "sounds the same", 0.05), _level(near, "one character", 0.035), unlike(0.015)]  # fmt: skip
    elif how == "date":
        swapped = (
            f"substr({left}, 1, 4) = substr({right}, 1, 4) AND substr({left}, 6, 2) = substr({right}, 9, 2) "
            f"AND substr({left}, 9, 2) = substr({right}, 6, 2)"
        )
        near = f"damerau_levenshtein({left}, {right}) <= 1 OR ({swapped})"
        year = f"substr({left}, 1, 4) = substr({right}, 1, 4)"
        steps = [null, alike(0.93), _level(near, "one slip", 0.045), _level(year, "same year", 0.015), unlike(0.01)]
    elif how == "address":
        inside = f"contains({left}, {right}) OR contains({right}, {left})"
        near = f"jaro_winkler_similarity({left}, {right}) >= 0.92"
        steps = [null, alike(0.45), _level(inside, "one within the other", 0.2), _level(near, "much alike", 0.15), unlike(0.2)]  # fmt: skip
    elif how == "number":
        near = f"damerau_levenshtein({left}, {right}) <= 1"
        steps = [null, alike(0.75), _level(near, "one digit", 0.05), unlike(0.2)]
    else:
        steps = [null, alike(0.97), unlike(0.03)]
    return CustomComparison(steps, output_column_name=name)


def _columns(rule: Sequence[str]) -> list[str]:
    return [column.replace("~", "_") for column in rule]


def liken(model: LinkModel, records: pa.Table, rows: pa.Table, home: Path) -> list[Pair]:
    """The pairs from the model's lower limit on, likeliest first. Memory and threads are the node's settings for the data engine."""
    if not records.num_rows or not rows.num_rows:
        return []
    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[comparison(name, how) for name, how in model.compare],
        blocking_rules_to_generate_predictions=[block_on(*_columns(rule)) for rule in model.block],
        probability_two_random_records_match=max(SHARE_HELD / records.num_rows, LEAST_CHANCE),
        retain_matching_columns=True,  # without them the levels are not told either
    )
    with engine.connect(of=engine.Lake(home)) as connection:
        api = DuckDBAPI(connection)
        connection.register("records_in", records)
        connection.register("rows_in", rows)
        connection.execute(
            "CREATE TABLE records AS SELECT * FROM records_in; CREATE TABLE rows AS SELECT * FROM rows_in"
        )
        frames = [api.register(name, dataset_display_name=f"{name}_side") for name in ("records", "rows")]
        linker = Linker(frames, settings, log_level=logging.ERROR)
        linker.training.estimate_u_using_random_sampling(
            max_pairs=CHANCE_PAIRS if records.num_rows < FEW else MANY_CHANCE_PAIRS, seed=SEED
        )
        found = linker.inference.predict(threshold_match_probability=model.unsure, warning_mode="never")
        gammas = ", ".join(f'"gamma_{name}"' for name, _how in model.compare)
        result = connection.execute(
            f'SELECT unique_id_r, unique_id_l, match_probability, {gammas} FROM "{found.physical_name}" '  # noqa: S608
            "ORDER BY match_probability DESC, unique_id_r, unique_id_l"
        ).fetchall()
    names = [name for name, _how in model.compare]
    return [
        Pair(own, key, probability, dict(zip(names, gammas, strict=True))) for own, key, probability, *gammas in result
    ]
