"""The example of docs/data-sharing.md is a client that works."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.factories.sharing import Memory, bureau, client, granted, resource, send
from yiwang.data.sharing import actions

pytestmark = pytest.mark.django_db
TEXT = Path(__file__).resolve().parents[3] / "docs" / "data-sharing.md"


def test_the_example_asks_and_is_answered(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    resource()
    grant, system = granted(fields=("name", "residence")), client()
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    keyid = actions.add_key(bureau(), system.code, public.decode()).name
    (tmp_path / "relief.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )

    def post(url: str, content: bytes, headers: dict[str, str]) -> Any:
        answer = send("POST", url.removeprefix("http://testserver"), content, headers)
        return SimpleNamespace(json=answer.json)

    monkeypatch.setattr(httpx, "post", post)
    monkeypatch.chdir(tmp_path)
    found = re.search(r"```python\n(.*?)```", TEXT.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    code = found[1].replace("https://zwfw.example.gov.cn", "http://testserver")
    code = code.replace("relief.0123456789abcdef", keyid).replace("SQ2026112212345678", grant.number)
    exec(compile(code, str(TEXT), "exec"), {})  # our own document
    assert capsys.readouterr().out.strip() == str(
        {"found": True, "row": {"name": "林晓梅", "residence": "云州市云山区****"}}
    )
