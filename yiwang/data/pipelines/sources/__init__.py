"""The kinds of source that come with the platform, plugged under the names that declarations use."""

from yiwang.data.pipelines.slots import sources

from .databases import DatabaseSource
from .files import FileSource, OwnSource, PushSource
from .services import HttpSource
from .streams import NatsSource, RabbitSource

sources.plug("file", FileSource())
sources.plug("push", PushSource())
sources.plug("own", OwnSource())
sources.plug("database", DatabaseSource())
sources.plug("http", HttpSource())
sources.plug("nats", NatsSource())
sources.plug("rabbitmq", RabbitSource())
