"""The acts of sharing, by subject: clients, applications, grants, uses over the gateway, batches, subscriptions, other nodes."""

from .batches import batch_of, end_batch, stop_batch, submit_batch, take_result, work_batch
from .clients import add_certificate, add_key, new_secret, register_client, revoke_credential, set_client
from .grants import grant_by_law, narrow, resume, revoke, suspend
from .peers import answer_peer, register_peer
from .requests import Terms, Wish, apply, decide
from .subscriptions import read_changes, subscribe, unsubscribe
from .using import look_up, verify

__all__ = [
    "Terms",
    "Wish",
    "add_certificate",
    "add_key",
    "answer_peer",
    "apply",
    "batch_of",
    "decide",
    "end_batch",
    "grant_by_law",
    "look_up",
    "narrow",
    "new_secret",
    "read_changes",
    "register_client",
    "register_peer",
    "resume",
    "revoke",
    "revoke_credential",
    "set_client",
    "stop_batch",
    "submit_batch",
    "subscribe",
    "suspend",
    "take_result",
    "unsubscribe",
    "verify",
    "work_batch",
]
