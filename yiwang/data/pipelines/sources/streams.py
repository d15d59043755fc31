"""Taking messages from NATS JetStream and RabbitMQ: JSON objects, a batch at a time."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import nats
import pika
import pika.exceptions
from django.utils.translation import gettext as _
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from yiwang.data.pipelines import formats
from yiwang.data.pipelines.slots import Asked, Pulled
from yiwang.kernel.refusals import Problem

from .databases import Unreachable

MOST = 10_000  # messages of one batch
WAIT = 1.0  # seconds without a message after which the batch is whole
CONNECT = 5


def _object(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def _check(options: Mapping[str, Any], scheme: tuple[str, ...], *needed: str) -> list[Problem]:
    found = []
    parts = urlsplit(str(options.get("url", "")))
    if parts.scheme not in scheme or not parts.hostname or parts.password:
        found.append(Problem("url", "format", _("地址应以 %(scheme)s:// 开头，不带密码。") % {"scheme": scheme[0]}))
    found += [
        Problem(name, "required", _("请写 %(name)s。") % {"name": name}) for name in needed if not options.get(name)
    ]
    return found


class NatsSource:
    """``url``, ``stream``, ``subject``; ``most`` messages a batch. The cursor is the sequence number of the stream, which the node keeps itself: a
    message that was landed is never read again, one that was not is."""

    def check(self, options: Mapping[str, Any]) -> list[Problem]:
        return _check(options, ("nats", "tls"), "stream", "subject")

    def pull(self, asked: Asked) -> Pulled:
        try:
            messages = asyncio.run(_fetch(asked))
        except Unreachable:
            raise
        except Exception as error:  # the client raises its own, the socket's and asyncio's
            raise Unreachable(_("消息服务没有答复：%(why)s") % {"why": type(error).__name__}) from None
        if not messages:
            return Pulled("", empty=True)
        opened = formats.objects((_object(body) for _seq, body in messages), asked.columns)
        return Pulled(
            f"nats · {asked.options['subject']}"[:200], columns=opened.columns, rows=opened.rows, refused=opened.refused,
            cursor=lambda: str(messages[-1][0]),
        )  # fmt: skip


async def _fetch(asked: Asked) -> list[tuple[int, bytes]]:
    options = asked.options
    client = await nats.connect(
        str(options["url"]), connect_timeout=CONNECT, max_reconnect_attempts=1, allow_reconnect=False,
        token=os.environ.get(str(options.get("token", "")), "") or None,
    )  # fmt: skip
    try:
        most = int(options.get("most", MOST))
        found: list[tuple[int, bytes]] = []
        start = int(asked.cursor or 0) + 1
        subscription = await client.jetstream().pull_subscribe(
            str(options["subject"]), stream=str(options["stream"]),
            config=ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=start),
        )  # fmt: skip
        while len(found) < most:
            try:
                messages = await subscription.fetch(min(500, most - len(found)), timeout=WAIT)
            except TimeoutError:
                break
            found += [(message.metadata.sequence.stream, message.data) for message in messages]
        await subscription.unsubscribe()
        return found
    finally:
        await client.close()


class RabbitSource:
    """``url``, ``queue``; ``most`` messages a batch. Messages are acknowledged when they lie in the lake: after a kill in between they come again,
    and the key of the target keeps them from being doubled."""

    def check(self, options: Mapping[str, Any]) -> list[Problem]:
        return _check(options, ("amqp", "amqps"), "queue")

    def pull(self, asked: Asked) -> Pulled:
        options = asked.options
        parts = urlsplit(str(options["url"]))
        password = os.environ.get(str(options.get("password", "")), "") or "guest"
        parameters = pika.ConnectionParameters(
            parts.hostname, parts.port or (5671 if parts.scheme == "amqps" else 5672), unquote(parts.path.strip("/")) or "/",
            pika.PlainCredentials(unquote(parts.username or "guest"), password), socket_timeout=CONNECT, blocked_connection_timeout=CONNECT,
            ssl_options=pika.SSLOptions(ssl.create_default_context(), parts.hostname) if parts.scheme == "amqps" else None,
        )  # fmt: skip
        try:
            connection = pika.BlockingConnection(parameters)
            channel = connection.channel()
            bodies: list[bytes] = []
            last = 0
            while len(bodies) < int(options.get("most", MOST)):
                method, _properties, body = channel.basic_get(str(options["queue"]))
                if method is None:
                    break
                bodies.append(body)
                last = method.delivery_tag
        except (pika.exceptions.AMQPError, OSError) as error:
            raise Unreachable(_("消息服务没有答复：%(why)s") % {"why": type(error).__name__}) from None
        if not bodies:
            connection.close()
            return Pulled("", empty=True)
        opened = formats.objects(iter([_object(body) for body in bodies]), asked.columns)

        def settle() -> None:
            try:
                channel.basic_ack(last, multiple=True)
                connection.close()
            except pika.exceptions.AMQPError:
                pass  # they come again in the next batch and change nothing there

        return Pulled(
            f"rabbitmq · {options['queue']}"[:200],
            columns=opened.columns,
            rows=opened.rows,
            refused=opened.refused,
            settle=settle,
        )
