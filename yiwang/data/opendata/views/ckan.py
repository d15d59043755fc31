"""CKAN's action API (version 3), as far as clients list, show, search and query: the field's usual tools work with a node as with a CKAN.

Names, parameters, envelope and errors are those of the CKAN 2.11 documentation. Nothing can be changed through it; SQL of the caller is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from yiwang.config.environment import environment
from yiwang.data.opendata import ckan, limits
from yiwang.foundation.access.queries import Actor, acting
from yiwang.kernel.refusals import Denied, Invalid, Missing, Refusal, SignInNeeded

from .portal import token_of

LARGEST = 1024 * 1024


class _Wrong(Exception):
    """A request that CKAN answers with a validation error: {field: [messages]}."""

    def __init__(self, **fields: str) -> None:
        self.fields = {name: [words] for name, words in fields.items()}


def _asked(request: HttpRequest) -> dict[str, Any]:
    """The parameters: of the address, or of a JSON body."""
    if request.method == "GET":
        return {name: values[-1] for name, values in request.GET.lists()}
    if len(request.body) > LARGEST:
        raise _Wrong(body="Request body too large")
    if "json" in request.headers.get("Content-Type", "") or request.body[:1] in (b"{", b""):
        try:
            found = json.loads(request.body or b"{}")
        except (ValueError, RecursionError):
            raise ckan.BadRequest("Bad request - JSON Error: Error decoding JSON data.") from None
        if not isinstance(found, dict):
            raise ckan.BadRequest("Bad request - JSON Error: Request data JSON decoded to a non-object.")
        return found
    return {name: values[-1] for name, values in request.POST.lists()}


def _answer(action: str, status: int, **more: Any) -> HttpResponse:
    help_url = f"{environment.origin}{reverse('ckan-action', args=['help_show'])}?name={action}"
    body = {"help": help_url, "success": status == 200, **more}
    response = JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False, "default": str})
    response["Access-Control-Allow-Origin"] = "*"  # public data; no cookie is read for it
    return response


def _error(action: str, status: int, kind: str, **more: Any) -> HttpResponse:
    return _answer(action, status, error={"__type": kind, **more})


@csrf_exempt
@require_http_methods(["GET", "POST"])
def action(request: HttpRequest, action: str) -> HttpResponse:
    """One action. The caller is always the public, with a token for what is open on conditions."""
    action = re.sub(r"[^a-z0-9_]", "", action.lower())[:60]
    run: Callable[[Actor, ckan.Parameters], Any] | None = ckan.ACTIONS.get(action)
    if run is None:
        return JsonResponse(f"Bad request - Action name not known: {action}", status=400, safe=False)
    try:
        limits.spend(acting(request), "ckan", limits.API)
        result = run(acting(request), ckan.Parameters(_asked(request), token_of(request)))
    except ckan.BadRequest as error:
        return JsonResponse(str(error), status=400, safe=False)
    except (_Wrong, ckan.Invalid) as error:
        return _error(action, 409, "Validation Error", **error.fields)
    except Invalid as refusal:
        fields = {problem.field or "message": [problem.message] for problem in refusal.problems}
        return _error(action, 409, "Validation Error", **(fields or {"message": [str(refusal)]}))
    except Missing as refusal:
        return _error(action, 404, "Not Found Error", message=f"Not found: {refusal}")
    except (Denied, SignInNeeded) as refusal:
        return _error(action, 403, "Authorization Error", message=f"Access denied: {refusal}")
    except Refusal as refusal:
        response = _error(action, refusal.status, "Refused", message=str(refusal))
        if seconds := refusal.extra.get("seconds"):
            response["Retry-After"] = str(seconds)
        return response
    return _answer(action, 200, result=result)
