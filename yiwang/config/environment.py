"""Every setting of a node, declared once with its type, default and meaning.

Settings come from environment variables only. ``yiwang settings`` prints this table; ``yiwang check`` says what is wrong
with the values of a node.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(BaseSettings):
    """The node's settings. A field ``data_dir`` is read from ``YIWANG_DATA_DIR``; ``DATABASE_URL`` has no prefix."""

    model_config = SettingsConfigDict(env_prefix="YIWANG_", extra="ignore")

    database_url: str = Field(
        "",
        validation_alias="DATABASE_URL",
        description="postgres://user:password@host:port/name. Empty: SQLite in the data directory.",
    )
    data_dir: Path = Field(
        Path("var"), description="Where the node keeps its files, keys and, without DATABASE_URL, its database."
    )
    assets_dir: Path = Field(
        Path(__file__).resolve().parents[2] / "node_modules",
        description="The pinned npm packages (htmx, icons, fonts) that pages and papers use.",
    )
    demo: bool = Field(
        False, description="Demo mode: sample accounts are offered on the sign-in page. Never with real cases."
    )
    demo_size: Literal["full", "small"] = Field(
        "full",
        description="How many invented people, firms and past cases the demo city gets: full, or a tenth (small, for tests).",
    )
    debug: bool = Field(False, description="Developer pages on errors. Never on a machine others can reach.")
    secret_key: str = Field("", description="Signs sessions. Empty: made once and kept in the data directory.")
    master_key: str = Field(
        "", description="Wraps all other keys: 64 hex digits. Empty: made once and kept in the data directory."
    )
    crypto_suite: str = Field(
        "international",
        pattern="^(international|national)$",
        description="Algorithms of new keys: international (AES-256, SHA-256, ECDSA P-256) or national (SM4, SM3, SM2; needs OpenSSL 3).",
    )
    hosts: str = Field(
        "127.0.0.1,localhost,[::1]", description="Host names under which the node answers, separated by commas."
    )
    origin: str = Field(
        "http://127.0.0.1:8000", description="The address that citizens type; printed in codes and papers."
    )
    secure: bool = Field(
        False,
        description="The node is reached over HTTPS: cookies are marked secure and browsers are told to stay on HTTPS.",
    )
    proxies: int = Field(0, ge=0, le=5, description="How many trusted proxies stand in front (for the client address).")
    bind: str = Field("127.0.0.1:8000", description="Address and port on which the server listens.")
    web_workers: int = Field(2, ge=1, le=64, description="Processes that answer requests.")
    web_threads: int = Field(4, ge=1, le=64, description="Threads in each of those processes.")
    job_workers: int = Field(
        1, ge=0, le=64, description="Processes that run background jobs; 0 when they run on another machine."
    )
    job_lease: int = Field(
        90,
        ge=2,
        le=3600,
        description="Seconds after which a job of a worker that died goes to another; a living one renews.",
    )
    node_code: str = Field(
        "990100", pattern=r"^\d{6}$", description="The node's division code (GB/T 2260); starts its case numbers."
    )
    node_name: str = Field("云州市", description="The name of the place that the node serves.")
    hotline: str = Field("12345", description="The service hotline, shown at the foot of every page.")
    service_hours: str = Field(
        "周一至周五 9:00–12:00、13:30–17:00(法定节假日除外)", description="When the service halls are open, in words."
    )
    upload_limit_mb: int = Field(20, ge=1, le=2048, description="Largest file that a person may upload, in MiB.")
    request_limit_mb: int = Field(
        100, ge=3, le=8192, description="Largest request in all, in MiB; several files may come in one."
    )
    unused_file_days: int = Field(
        30, ge=1, le=3650, description="Days after which an uploaded file that nobody took up is removed."
    )
    files_url: str = Field(
        "",
        pattern=r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^?\s]*)?(\?\S*)?)?$",
        description="Where uploaded files lie: s3://bucket/prefix?endpoint=https://host&region=name. Empty: the data directory. Encrypted either way.",
    )
    files_key: str = Field("", description="Access key of the bucket. Empty: as the AWS tools find it.")
    files_secret: str = Field("", description="Secret of the access key.")
    clamd: str = Field(
        "",
        pattern=r"^(tcp://[^/\s]+:\d{1,5}|unix:///\S+)?$",
        description="ClamAV's daemon, which looks at every upload: tcp://host:3310 or unix:///path. Empty: no scanner.",
    )
    data_engine: str = Field(
        "duckdb",
        pattern=r"^(duckdb|spark:local(\[[0-9*]+\])?|spark://[^/\s]+:\d{1,5})$",
        description="What runs the steps over tables: duckdb, spark:local[2], or spark://host:7077 (docs/data-pipelines.md).",
    )
    data_memory_mb: int = Field(
        1024,
        ge=64,
        le=1024 * 1024,
        description="Memory that one run of DuckDB may take, in MiB; the rest is spilt to disk.",
    )
    data_threads: int = Field(2, ge=1, le=256, description="Threads of one run of DuckDB.")
    session_hours: int = Field(
        12, ge=1, le=24 * 30, description="How long a session lasts without a sign-in, in hours."
    )
    webhook_private: bool = Field(
        False,
        description="Webhooks may go to private addresses and over plain HTTP. Only where the other system stands in the same network.",
    )
    client_certificate_header: str = Field(
        "",
        pattern=r"^[A-Za-z][A-Za-z0-9-]*$|^$",
        description="Header in which the proxy passes on a checked client certificate (Client-Cert of RFC 9440, or PEM in percent encoding); it must "
        "drop that header from outside. Empty: the data gateway takes no certificates.",
    )
    nats_url: str = Field(
        "", description="nats://host:4222: where notices of changed data are published for subscribers. Empty: nowhere."
    )
    provider_seconds: int = Field(
        5, ge=1, le=60, description="How long a provider's own interface, or another node, may take to answer."
    )
    metrics_token: str = Field(
        "", description="Bearer token with which /metrics is read. Empty: only from this machine, not through a proxy."
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: str = Field("json", pattern="^(json|console)$", description="json for machines, console for people.")

    @field_validator("data_dir", "assets_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.absolute()  # every process of the node means the same folder, wherever it stands

    @field_validator("database_url")
    @classmethod
    def _database(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/")):
            raise ValueError("must be postgres://user:password@host:port/name, or empty for SQLite")
        return url

    @field_validator("master_key")
    @classmethod
    def _hex_key(cls, text: str) -> str:
        if text and (len(text) != 64 or set(text) - set("0123456789abcdefABCDEF")):
            raise ValueError("must be 64 hex digits, or empty")
        return text

    @field_validator("secret_key")
    @classmethod
    def _long_key(cls, text: str) -> str:
        if text and len(text) < 32:
            raise ValueError("must have at least 32 characters, or be empty")
        return text

    @field_validator("origin")
    @classmethod
    def _origin(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be like https://zwfw.example.gov.cn, without a path")
        return url.rstrip("/")

    @field_validator("bind")
    @classmethod
    def _bind(cls, text: str) -> str:
        _host, colon, port = text.rpartition(":")
        if not colon or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError("must be address:port, like 127.0.0.1:8000")
        return text

    @property
    def sqlite(self) -> bool:
        """Whether the embedded store is used."""
        return not self.database_url


def secret_from_file(path: Path, length: int) -> str:
    """Read a hex secret of ``length`` bytes, making it at the first call. The file is readable by its owner only."""
    import os
    import secrets

    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    value = secrets.token_hex(length)
    # Written beside and linked into place, so that of two starting processes exactly one wins and both read a whole file.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(value + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()


def variable(name: str) -> str:
    """The environment variable behind a field."""
    return str(Environment.model_fields[name].validation_alias or f"YIWANG_{name.upper()}")


class Misconfigured(SystemExit):
    """A setting has a value that cannot be meant. Ends the process with one line for each; the values are not repeated."""


def _read() -> Environment:
    try:
        return Environment()  # type: ignore[call-arg]  # every field has a default
    except ValidationError as error:
        names = {variable(name): name for name in Environment.model_fields}
        lines = []
        for item in error.errors(include_url=False, include_input=False):
            place = str(item["loc"][0])
            lines.append(f"{place if place in names else variable(place)}: {item['msg'].removeprefix('Value error, ')}")
        raise Misconfigured("yiwang: the environment is not understood\n  " + "\n  ".join(lines)) from None


environment = _read()
