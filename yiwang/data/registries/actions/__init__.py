"""Front door for changing registers, by subject: declaring and loading, correcting and settling, linking, objecting."""

from yiwang.data.registries.loading import Loaded

from .linking import decide_link, keep_links, link, undo_link
from .objecting import object_to
from .registering import declare, load
from .settling import ask, correct, settle

__all__ = [
    "Loaded",
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
