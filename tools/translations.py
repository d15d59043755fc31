#!/usr/bin/env python
"""The English catalogues: written from the Chinese texts in code and templates, and checked.

    tools/translations.py              bring every <package>/locale/en/LC_MESSAGES/django.po up to the sources
    tools/translations.py --check      fail on missing, untranslated, fuzzy or obsolete entries and on other placeholders
    tools/translations.py --missing    print what has no English yet, as JSON {Chinese: ""}
    tools/translations.py --fill FILE  take English from such a JSON file

Needs no GNU gettext: Babel reads the code, Django turns templates into code.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from babel.messages.catalog import Catalog, Message  # noqa: E402
from babel.messages.extract import DEFAULT_KEYWORDS, extract  # noqa: E402
from babel.messages.pofile import read_po, write_po  # noqa: E402

HEADER = """\
# English texts of {package}. Made by tools/translations.py; edit the msgstr lines only.
msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
CHINESE = re.compile(r"[\u3400-\u9fff\uff00-\uffef\u3001-\u303f]")
_PERCENT = re.compile(r"%(?:\((\w+)\))?[sdrif]|%%")
_BRACE = re.compile(r"\{(\w*)[^{}]*\}")
_FUNCTIONS = {
    "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3), "npgettext_lazy": ((1, "c"), 2, 3),
}  # fmt: skip
# Texts that stay Chinese on an English page on purpose.
_KEPT_CHINESE = re.compile(r"一网|简体中文|云州|云岭")

Key = tuple[str, str]  # context, msgid (of the singular)


def key_of(message: Message) -> Key:
    text = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
    return (message.context or "", text)


def _keywords(source: str) -> dict[str, Any]:
    """Babel's keywords, and the names under which this module imports Django's functions."""
    keywords: dict[str, Any] = {**DEFAULT_KEYWORDS, **_FUNCTIONS}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for name in node.names:
                if name.name in _FUNCTIONS:
                    keywords[name.asname or name.name] = _FUNCTIONS[name.name]
    return keywords


def _as_code(template: str, origin: str) -> str:
    from django.utils.translation.template import templatize

    # Components take translated texts as expressions, :label="_('…')", which Django's own reader does not look into.
    template = re.sub(r"""\s:[\w-]+=(?:"\s*(_\('[^']*'\))\s*"|'\s*(_\("[^"]*"\))\s*')""", r" {{ \1\2 }}", template)
    code = templatize(template, origin=origin)
    return "\n".join(line.strip() for line in code.splitlines())  # what is left of the layout is not Python's


def messages_in(folder: Path) -> Iterator[tuple[str, Any, str]]:
    """(file, msgid, context) for each text of one package, in the order of files and lines."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.suffix not in {".py", ".html", ".txt"} or "migrations" in parts or "__pycache__" in parts:
            continue
        if path.suffix == ".py":
            source = path.read_text(encoding="utf-8")
            keywords = _keywords(source)
        elif "templates" in parts:
            source, keywords = _as_code(path.read_text(encoding="utf-8"), str(path)), {**DEFAULT_KEYWORDS, **_FUNCTIONS}
        else:
            continue
        for _line, text, _comments, context in extract("python", io.BytesIO(source.encode()), keywords=keywords):
            yield str(path.relative_to(ROOT)), text, context or ""


_TRANSLATED = re.compile(
    r"\{%-?\s*(?:comment.*?endcomment|blocktrans(?:late)?\b.*?endblocktrans(?:late)?)\s*%\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}"
    r"|_\('[^']*'\)|_\(\"[^\"]*\"\)",
    re.DOTALL,
)
_WORD = re.compile(r"[\u3400-\u9fff]")
_SAME_IN_EVERY_LANGUAGE = re.compile("中文")  # how a language calls itself


def bare_texts(folder: Path) -> Iterator[str]:
    """Chinese in templates that nobody can translate. The style pages show invented names and are left out."""
    for path in sorted(folder.rglob("templates/**/*.html")):
        if path.name.startswith("look_"):
            continue
        source = path.read_text(encoding="utf-8")
        # What is cut out leaves its line ends, so that lines keep their numbers.
        left = _TRANSLATED.sub(lambda match: "\n" * match.group(0).count("\n"), source)
        for number, line in enumerate(left.splitlines(), 1):
            if _WORD.search(_SAME_IN_EVERY_LANGUAGE.sub("", line)):
                yield f"{path.relative_to(ROOT)}:{number}: {line.strip()[:60]!r} stands outside of translate"


def packages() -> dict[str, Path]:
    """The packages that keep a catalogue. A folder inside another package of the list belongs to the inner one."""
    from yiwang.config.catalogues import packages as all_packages

    return all_packages()


def template_of(folder: Path) -> Catalog:
    """What the sources of a package say, as a catalogue without translations. Texts without Chinese need none."""
    catalogue = Catalog(locale="en", domain="django")
    for path, text, context in messages_in(folder):
        first = text[0] if isinstance(text, tuple) else text
        if first and CHINESE.search(first):
            catalogue.add(text, locations=[(path, 0)], context=context or None)
    return catalogue


def stored(folder: Path) -> Catalog:
    from yiwang.config.catalogues import PLACE

    path = folder / PLACE
    if not path.exists():
        return Catalog(locale="en", domain="django")
    with path.open("rb") as file:
        return read_po(file, locale="en", domain="django")


def placeholders(text: str) -> list[str]:
    """The parts of a message that the program fills in, sorted."""
    percent = [match.group(0) for match in _PERCENT.finditer(text) if match.group(0) != "%%"]
    return sorted(percent + [f"{{{name}}}" for name in _BRACE.findall(text)])


def faults_of(message: Message) -> list[str]:
    """What is wrong with one translated entry."""
    singular = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
    texts = message.string if isinstance(message.string, (tuple, list)) else [message.string]
    if not all(texts):
        return ["has no English"]
    faults = []
    for text in texts:
        if placeholders(text) != placeholders(singular):
            faults.append(f"fills in {placeholders(text)} instead of {placeholders(singular)}")
        if CHINESE.search(_KEPT_CHINESE.sub("", text)):
            faults.append(f"has Chinese in its English: {text!r}")
        # English may need a space where Chinese punctuation needs none; what had one must keep it.
        if (singular[:1].isspace() and not text[:1].isspace()) or (singular[-1:].isspace() and not text[-1:].isspace()):
            faults.append("lost the space at its edge")
    return faults


def problems() -> list[str]:
    """Everything that keeps an English page from being English."""
    found: list[str] = []
    english: dict[Key, tuple[str, Any]] = {}
    for package, folder in packages().items():
        found += bare_texts(folder)
        wanted = {key_of(message): message for message in template_of(folder) if message.id}
        have = {key_of(message): message for message in stored(folder) if message.id}
        for key in sorted(wanted.keys() - have.keys()):
            found.append(f"{package}: {key[1]!r} is missing ({wanted[key].locations[0][0]})")
        for key in sorted(have.keys() - wanted.keys()):
            found.append(f"{package}: {key[1]!r} is no longer in the sources")
        for key in sorted(wanted.keys() & have.keys()):
            message = have[key]
            if message.fuzzy:
                found.append(f"{package}: {key[1]!r} is fuzzy")
            found += [f"{package}: {key[1]!r} {fault}" for fault in faults_of(message)]
            other = english.setdefault(key, (package, message.string))
            if message.string and other[1] and other[1] != message.string:
                found.append(f"{package}: {key[1]!r} reads {message.string!r} here and {other[1]!r} in {other[0]}")
        if stored(folder).obsolete:
            found.append(f"{package}: obsolete entries are kept")
    return found


def write(given: dict[str, str] | None = None) -> None:
    """Bring all catalogues up to the sources; English that another package has for the same text is taken over."""
    from yiwang.config.catalogues import PLACE

    known: dict[Key, Any] = {}
    for folder in packages().values():
        for message in stored(folder):
            if message.id and message.string and not message.fuzzy:
                known.setdefault(key_of(message), message.string)
    for text, translation in (given or {}).items():
        if translation:
            known[("", text)] = translation
    for package, folder in packages().items():
        catalogue = template_of(folder)
        path = folder / PLACE
        if not len(catalogue):
            path.unlink(missing_ok=True)
            continue
        for message in catalogue:
            string = known.get(key_of(message))
            if message.id and string:
                message.string = (
                    string if isinstance(message.id, str) or not isinstance(string, str) else (string, string)
                )
        path.parent.mkdir(parents=True, exist_ok=True)
        body = io.BytesIO()
        write_po(body, catalogue, sort_output=True, omit_header=True, include_lineno=False, width=0)
        path.write_bytes(HEADER.format(package=package).encode() + body.getvalue())


def missing() -> dict[str, str]:
    """The Chinese texts that have no English in any package."""
    known = {
        key_of(message)[1]
        for folder in packages().values()
        for message in stored(folder)
        if message.id and message.string
    }
    texts = (key_of(m)[1] for folder in packages().values() for m in template_of(folder) if m.id)
    return {text: "" for text in texts if text not in known}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--missing", action="store_true")
    parser.add_argument("--fill", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.check:
        found = problems()
        print("\n".join(found))
        return 1 if found else 0
    if arguments.missing:
        print(json.dumps(missing(), ensure_ascii=False, indent=1))
        return 0
    write(json.loads(arguments.fill.read_text(encoding="utf-8")) if arguments.fill else None)
    return 0


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yiwang.config.settings")
    django.setup()
    sys.exit(main())
