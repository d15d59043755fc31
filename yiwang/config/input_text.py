"""What a request may bring at all: text that every store can keep, JSON of a depth that a person could have meant."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from ninja.parser import Parser

from yiwang.kernel.refusals import Invalid, Problem, Refusal

DEEPEST = 32  # levels of JSON; a form with rows in a part has five
GARBLED = "\N{REPLACEMENT CHARACTER}"  # stands where bytes were no UTF-8
LARGEST = 2**63  # whole numbers beyond it are kept by no store exactly


def keepable(text: str) -> bool:
    """Whether ``text`` can be stored and sent on: it has no NUL, and no half of a pair of surrogates."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def unkeepable(field: str = "") -> Invalid:
    message = _("内容里有不能保存的字符（例如空字符）。请删去看不见的字符，或者重新输入后再提交。")
    return Invalid(message, code="unreadable", problems=[Problem(field, "characters", message)] if field else [])


def check_texts(fields: Iterable[tuple[str, Iterable[object]]]) -> None:
    """Refuse fields, by name, of which a text cannot be kept."""
    for name, values in fields:
        for value in values:
            if isinstance(value, str) and not keepable(value):
                raise unkeepable(name if keepable(name) else "")
        if not keepable(name):
            raise unkeepable()


def check_form(request: HttpRequest) -> None:
    """Refuse a form of which a text cannot be kept, or was not UTF-8 and has been garbled."""
    check_texts(request.POST.lists())
    if any(GARBLED in str(value) for values in request.POST.lists() for value in values[1]):
        message = _("提交的文字编码不对，有些字读不出来。请用浏览器打开页面重新填写，或者换一个浏览器。")
        raise Invalid(message, code="unreadable")


def check_json(value: Any) -> None:
    """Refuse parsed JSON that cannot be kept: too deep, numbers without end, characters that no text holds."""
    todo: list[tuple[Any, str, int]] = [(value, "", 0)]
    while todo:
        item, place, depth = todo.pop()
        if isinstance(item, str):
            if not keepable(item):
                raise unkeepable(place or "body")
        elif isinstance(item, (dict, list)):
            if depth >= DEEPEST:
                message = _("内容的层次太深，最多 %(n)s 层。请对照接口说明检查。") % {"n": DEEPEST}
                raise Invalid(message, problems=[Problem("", "too-deep", message)])
            pairs = item.items() if isinstance(item, dict) else enumerate(item)
            for key, part in pairs:
                if isinstance(key, str) and not keepable(key):
                    raise unkeepable(place or "body")
                todo.append((part, f"{place}.{key}" if place else str(key), depth + 1))
        elif isinstance(item, int) and not -LARGEST <= item < LARGEST:
            message = _("“%(field)s”：数字太大。") % {"field": place}
            raise Invalid(message, problems=[Problem(place, "too-large", message)])


def _no_number(text: str) -> Any:
    raise Refusal(_("JSON 里没有 %(text)s 这样的数字，请检查后再发。") % {"text": text}, code="bad-request")


class Reader(Parser):
    """Reads the body and the parameters of API requests."""

    def parse_body(self, request: HttpRequest) -> Any:
        found = json.loads(request.body, parse_constant=_no_number)
        check_json(found)
        return found

    def parse_querydict(self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest) -> Any:
        check_texts(data.lists())
        return super().parse_querydict(data, list_fields, request)
