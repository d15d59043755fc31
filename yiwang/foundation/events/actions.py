"""The front door for change: announcing, asking for work to be done later, and the acts on webhooks."""

from .outbox import emit, enqueue, revive
from .webhooks import add_webhook, remove_webhook, renew_secret, resend, switch_webhook, try_webhook

__all__ = [
    "add_webhook",
    "emit",
    "enqueue",
    "remove_webhook",
    "renew_secret",
    "resend",
    "revive",
    "switch_webhook",
    "try_webhook",
]
