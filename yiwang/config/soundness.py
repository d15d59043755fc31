"""What `yiwang check` asks: the questions that an operator forgets. Each finding says what is wrong and what to do."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.utils import timezone

from .catalogues import LANGUAGE, PLACE, packages
from .environment import environment

LEAST_SPACE = 1024**3  # bytes that should be free in the data directory
LEAST_POSTGRESQL = 140000
STUCK = dt.timedelta(minutes=10)  # a job that could run and waits longer than this waits for a worker that is not there


def of_settings() -> Iterator[str]:
    """Settings that contradict each other."""
    origin = urlsplit(environment.origin)
    hosts = [host for host in settings.ALLOWED_HOSTS if host != "*"]
    if environment.demo and environment.secure:
        yield "YIWANG_DEMO and YIWANG_SECURE are both set: demo accounts must not be reachable from outside; unset one"
    if environment.debug and environment.secure:
        yield "YIWANG_DEBUG and YIWANG_SECURE are both set: error pages would show the program to strangers; unset YIWANG_DEBUG"
    if environment.secure and origin.scheme != "https":
        yield "YIWANG_SECURE is set but YIWANG_ORIGIN begins with http: nobody could stay signed in; make it https://…"
    if origin.scheme == "https" and not environment.secure:
        yield "YIWANG_ORIGIN begins with https but YIWANG_SECURE is not set: cookies would also travel unencrypted; set it to 1"
    if environment.secure and environment.proxies == 0:
        yield "YIWANG_SECURE is set but YIWANG_PROXIES is 0: the node cannot know that a proxy ended TLS; set it to the number of proxies"
    if origin.hostname and hosts and not any(_covers(host, origin.hostname) for host in hosts):
        yield f"YIWANG_HOSTS does not hold {origin.hostname}, the host of YIWANG_ORIGIN: citizens would be turned away; add it"
    if "*" in settings.ALLOWED_HOSTS and environment.secure:
        yield "YIWANG_HOSTS holds *: links in messages could be forged; name the hosts"
    if environment.secure and environment.webhook_private:
        yield "YIWANG_WEBHOOK_PRIVATE is set: webhooks may call machines of the inner network; unset it unless a partner stands there"
    if environment.request_limit_mb < environment.upload_limit_mb + 2:
        yield "YIWANG_REQUEST_LIMIT_MB leaves no room for one file of YIWANG_UPLOAD_LIMIT_MB; make it at least 2 larger"


def _covers(pattern: str, host: str) -> bool:
    pattern = pattern.strip("[]")
    return host == pattern or (pattern.startswith(".") and (host.endswith(pattern) or host == pattern[1:]))


def of_data_directory() -> Iterator[str]:
    """Where files and keys lie."""
    place = environment.data_dir
    if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        yield f"the data directory {place} cannot be written by this user; set YIWANG_DATA_DIR or change its owner"
        return
    free = shutil.disk_usage(place).free
    if free < LEAST_SPACE:
        yield f"only {free >> 20} MiB are free in {place}; acts will fail when it is full"
    for key in sorted((place / "keys").glob("*.key")):
        if stat.S_IMODE(key.stat().st_mode) & 0o077:
            yield f"{key} can be read by other users of this machine; chmod 600 it"
    if not (place / "static" / "staticfiles.json").exists():
        yield "the static files are not collected: pages would fail; run `yiwang migrate`"
    if any((folder / PLACE).exists() for folder in packages().values()):
        compiled = place / "locale" / LANGUAGE / "LC_MESSAGES" / "django.mo"
        if not compiled.exists():
            yield "the English texts are not compiled; run `yiwang migrate`"


def of_store() -> Iterator[str]:
    """The database: does it answer, is it this version's, can it carry the node?"""
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if connection.vendor == "postgresql":
            yield from _of_postgresql()
    except DatabaseError as error:
        yield f"the store does not answer: {str(error).strip().splitlines()[0]}"
        return
    if behind:
        yield "the store is behind this version; run `yiwang migrate`"
        return
    yield from _of_keys()
    yield from _of_jobs()


def _of_postgresql() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int, current_setting('max_connections')::int, "
            "current_setting('server_encoding'), current_setting('fsync'), current_setting('synchronous_commit')"
        )
        version, most, encoding, fsync, commit = cursor.fetchone()
    wanted = environment.web_workers * environment.web_threads + 2 * environment.job_workers + 3
    if version < LEAST_POSTGRESQL:
        yield f"PostgreSQL {version // 10000} is too old; 14 or newer is needed"
    if most < wanted:
        yield f"PostgreSQL allows {most} connections, this node may open {wanted}; raise max_connections or lower YIWANG_WEB_THREADS"
    if encoding != "UTF8":
        yield f"the database is encoded in {encoding}: Chinese names would be refused; make one with ENCODING 'UTF8'"
    if fsync != "on" or commit == "off":
        yield "PostgreSQL runs with fsync or synchronous_commit off: an acknowledged act could be lost in a power cut; turn both on"


def _of_keys() -> Iterator[str]:
    from yiwang.foundation.accounts.models import Party
    from yiwang.foundation.crypto.queries import Unreadable, suite_problem

    if problem := suite_problem():
        yield problem
    try:
        Party.objects.order_by("id").first()
    except Unreadable:
        yield "what is sealed in the store does not open: YIWANG_MASTER_KEY (or keys/master.key) is not the one it was made with"


def _of_jobs() -> Iterator[str]:
    from django_tasks_db.models import DBTaskResult

    from yiwang.foundation.events.models import Event, Job
    from yiwang.foundation.events.queries import waiting as waiting_figures

    long_ago = timezone.now() - STUCK
    waiting = DBTaskResult.objects.ready().filter(enqueued_at__lt=long_ago, run_after__lt=long_ago).count()
    waiting += Event.objects.filter(handed_over_at=None, at__lt=long_ago).count()
    if waiting:
        yield f"{waiting} jobs and events wait for more than 10 minutes: no worker is running; start `yiwang serve` or `yiwang worker`"
    dead = Job.objects.exclude(dead_at=None).count()
    if dead:
        yield f"{dead} jobs have failed for good; look at them on the page of background jobs and run them again"
    off = waiting_figures()["webhooks_off"][1]
    if off:
        yield f"{off} webhooks are turned off after failures or by hand; look at them on the page of webhooks"


def of_django() -> Iterator[str]:
    """What Django and the rooms check of themselves."""
    for message in checks.run_checks(include_deployment_checks=environment.secure):
        if message.level >= checks.WARNING and not message.is_silenced():
            yield f"{message.msg} ({message.id}){f': {message.hint}' if message.hint else ''}"


QUESTIONS: list[Callable[[], Iterator[str]]] = [of_settings, of_data_directory, of_store, of_django]


def findings() -> list[str]:
    """Everything that is wrong with this node, in the order of the questions."""
    return [finding for question in QUESTIONS for finding in question()]
