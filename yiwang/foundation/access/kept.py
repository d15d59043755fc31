"""A filled form outlives its session: what was posted after the session ended is kept, sealed, while the person signs in again."""

from __future__ import annotations

import base64
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, resolve_url

from yiwang.foundation.crypto.queries import Unreadable, decrypt, encrypt

KEY = "yiwang_kept"
LARGEST = 200_000  # bytes of a form; more is not typed by hand
PURPOSE = "field"
_SECRET = ("csrfmiddlewaretoken", "password")


def keep_post(request: HttpRequest) -> HttpResponse | None:
    """For a POST by nobody: keep what was typed in the new session, sealed, and lead to the sign-in page and back.

    Returns None when there is nothing to keep (a GET, or somebody is signed in). Files are not kept: the page asks for them again.
    """
    if request.method != "POST" or request.user.is_authenticated:
        return None
    typed = request.POST.copy()
    for name in _SECRET:
        typed.pop(name, None)
    text = typed.urlencode().encode()
    if len(text) <= LARGEST:
        request.session[KEY] = base64.b64encode(encrypt(PURPOSE, request.path.encode() + b"\n" + text, KEY)).decode()
    return redirect(f"{resolve_url(settings.LOGIN_URL)}?next={quote(request.path)}")


def kept_post(request: HttpRequest) -> QueryDict | None:
    """What was kept for this very page, once."""
    sealed = request.session.get(KEY)
    if not sealed or not request.user.is_authenticated:
        return None
    try:
        path, _newline, text = decrypt(PURPOSE, base64.b64decode(sealed), KEY).partition(b"\n")
    except Unreadable:
        del request.session[KEY]
        return None
    if path.decode() != request.path:
        return None
    del request.session[KEY]
    return QueryDict(text)
