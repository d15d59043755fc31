"""Front door for changing registers, by subject: declaring and loading, correcting and settling, linking, objecting and what comes of it."""

from yiwang.data.registries.loading import Loaded

from .answering import answer_objection
from .linking import decide_link, keep_links, link, undo_link
from .objecting import object_to
from .registering import declare, load
from .settling import ask, correct, settle

__all__ = [
    "Loaded",
    "answer_objection",
    "ask",
    "correct",
    "decide_link",
    "declare",
    "keep_links",
    "link",
    "load",
    "object_to",
    "settle",
    "undo_link",
]
