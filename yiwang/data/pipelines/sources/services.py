"""Pulling from a department's HTTP interface, page after page."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from django.utils.translation import gettext as _

from yiwang.data.pipelines import formats
from yiwang.data.pipelines.slots import Asked, Pulled
from yiwang.kernel.refusals import Problem

from .databases import Unreachable

SECONDS = 30.0
MOST_PAGES = 10_000
LARGEST_PAGE = 50 << 20
TRIES = 4
LONGEST_PAUSE = 30.0


def _inside(body: Any, path: str) -> Any:
    for part in filter(None, path.split(".")):
        body = body.get(part) if isinstance(body, dict) else None
    return body


class HttpSource:
    """``url``, ``records`` (where the list lies in the answer), ``params``, ``headers``; ``paging``: {by: page | offset | cursor | link, …}.

    ``paging``: ``param`` and ``size_param`` name the parameters, ``size`` how many, ``start`` the first page, ``next`` where the answer holds the
    next cursor. ``since`` names a parameter that gets the cursor of the last batch, ``column`` the column it is read from. A token is read from the
    environment variable that ``token`` names.
    """

    def check(self, options: Mapping[str, Any]) -> list[Problem]:
        found = []
        parts = urlsplit(str(options.get("url", "")))
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.password:
            found.append(Problem("url", "format", _("接口地址应是 http:// 或 https:// 开头的网址，不带密码。")))
        if options.get("paging", {}).get("by", "page") not in ("page", "offset", "cursor", "link"):
            found.append(Problem("paging.by", "choice", _("分页方式可以写 page、offset、cursor、link。")))
        if bool(options.get("since")) != bool(options.get("column")):
            found.append(Problem("since", "required", _("增量取数要同时写 since 和 column。")))
        return found

    def pull(self, asked: Asked) -> Pulled:
        options = asked.options
        last = {"at": asked.cursor}
        column = str(options.get("column", ""))

        def records() -> Iterator[Any]:
            for record in self._records(asked):
                if column and isinstance(record, dict) and record.get(column) is not None:
                    last["at"] = max(last["at"], str(record[column]))
                yield record

        opened = formats.objects(records(), asked.columns)
        return Pulled(
            str(options["url"])[:200],
            columns=opened.columns,
            rows=opened.rows,
            refused=opened.refused,
            cursor=lambda: last["at"],
        )

    def _records(self, asked: Asked) -> Iterator[Any]:
        options = asked.options
        paging = dict(options.get("paging", {}))
        by, size = paging.get("by", "page"), int(paging.get("size", 500))
        param = paging.get("param", {"page": "page", "offset": "offset", "cursor": "cursor"}.get(by, ""))
        here: Any = {"page": int(paging.get("start", 1)), "offset": 0}.get(by, "")
        url, params = str(options["url"]), dict(options.get("params", {}))
        if (since := (asked.wanted.get("since") or asked.cursor)) and options.get("since"):
            params[str(options["since"])] = since
        headers = dict(options.get("headers", {}))
        if token := os.environ.get(str(options.get("token", "")), ""):
            headers["Authorization"] = f"Bearer {token}"
        seen = set()
        with httpx.Client(timeout=SECONDS, headers=headers, follow_redirects=False) as client:
            for _page in range(MOST_PAGES):
                asking = params | ({param: here} if param and here != "" else {})
                if by != "link":
                    asking[paging.get("size_param", "size")] = size
                answer = _get(client, url, asking)
                try:
                    body = answer.json()
                except ValueError:
                    raise Unreachable(_("接口的答复不是 JSON。")) from None
                found = _inside(body, str(options.get("records", ""))) if options.get("records") else body
                if not isinstance(found, list):
                    raise Unreachable(_("接口的答复里没有记录的列表，请检查声明里的 records。"))
                yield from found
                if by == "link":
                    url = urljoin(url, answer.links.get("next", {}).get("url", "")) if answer.links.get("next") else ""
                    params, following = {}, url
                elif by == "cursor":
                    following = here = _inside(body, str(paging.get("next", "next"))) or ""
                else:
                    following = here = (here + 1 if by == "page" else here + len(found)) if len(found) >= size else ""
                if not following or not found:
                    return
                if following in seen:
                    raise Unreachable(_("接口的分页在原地打转，已经停下。"))
                seen.add(following)
        raise Unreachable(_("接口的页数超过了 %(n)s 页，已经停下。") % {"n": MOST_PAGES})


def _get(client: httpx.Client, url: str, params: Mapping[str, Any]) -> httpx.Response:
    """One page. A busy service is asked again, after the pause it names."""
    for attempt in range(1, TRIES + 1):
        try:
            with client.stream("GET", url, params=params) as answer:
                if answer.status_code in (429, 502, 503, 504) and attempt < TRIES:
                    pause = answer.headers.get("Retry-After", "")
                    time.sleep(min(float(pause) if pause.isdigit() else 0.5 * 2**attempt, LONGEST_PAUSE))
                    continue
                if answer.status_code != 200:
                    raise Unreachable(_("接口答复了 %(code)s，没有给出数据。") % {"code": answer.status_code})
                pieces, size = [], 0
                for piece in answer.iter_bytes():
                    size += len(piece)
                    if size > LARGEST_PAGE:
                        raise Unreachable(_("接口一页的数据太大，请调小每页的条数。"))
                    pieces.append(piece)
                return httpx.Response(
                    200,
                    headers={k: v for k, v in answer.headers.items() if k in ("link", "content-type")},
                    content=b"".join(pieces),
                )
        except httpx.HTTPError as error:
            if attempt == TRIES:
                raise Unreachable(_("接口没有答复：%(why)s") % {"why": type(error).__name__}) from None
            time.sleep(0.5 * 2**attempt)
    raise AssertionError("unreachable")
