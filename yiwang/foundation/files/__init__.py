"""Files and materials 材料库 (F14): one store for every file, and each person's library of materials to use again.

A file is known by the SHA-256 of its content, encrypted at rest, checked by content and never by name. It is read by the
party it belongs to, by the account that brought it, and by whoever a room above vouches for (``slots.readers``). The library
is the 材料免提交 of the resident: what was once given need not be given again.
"""
