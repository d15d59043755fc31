"""A process of its own that sets one paper and ends: ``python typesetter.py`` with a request in JSON on its input.

Source that officials edit may loop for ever or eat memory, and a compiler inside this program cannot be stopped. Here it can:
the caller kills it when its time is over, and the system when it takes too much. It needs nothing of Django and knows no secrets;
its environment holds no proxy that answers, so that nothing is fetched.

Request: ``source``, ``inputs``, ``standards``, ``root``, ``fonts`` (folders), ``timestamp`` (ISO). Answer: one line of JSON, either
``{"size": …, "marks": […]}`` followed by the PDF, or ``{"message": …, "diagnostic": …}``.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
from typing import Any

MOST_MEMORY = 3 * 1024**3  # bytes of address space; fonts are mapped
MOST_CPU = 30  # seconds


def main() -> None:
    """Read the request, write the answer."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU, MOST_CPU))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    asked: dict[str, Any] = json.load(sys.stdin.buffer)
    import typst

    nowhere = f"{asked['root']}/packages"
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=asked["fonts"])
    compiler = typst.Compiler(
        root=asked["root"], font_paths=fonts, ignore_system_fonts=True, package_path=nowhere, package_cache_path=nowhere
    )
    source, pdf = asked["source"].encode(), b""
    try:
        made = compiler.compile(
            input=source, format="pdf", sys_inputs=asked["inputs"], pdf_standards=asked["standards"],
            timestamp=dt.datetime.fromisoformat(asked["timestamp"]),
        )  # fmt: skip
        pdf = made if isinstance(made, bytes) else b""
        marks = typst.query(
            source, "<seal-place>", field="value", root=asked["root"], font_paths=fonts, ignore_system_fonts=True,
            sys_inputs=asked["inputs"], package_path=nowhere, package_cache_path=nowhere,
        )  # fmt: skip
        answer: dict[str, Any] = {"size": len(pdf), "marks": json.loads(marks)}
    except typst.TypstError as error:
        answer = {"message": error.message, "diagnostic": str(error.diagnostic)}
    except RuntimeError as error:
        answer = {"message": str(error), "diagnostic": ""}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + pdf)


if __name__ == "__main__":
    main()
