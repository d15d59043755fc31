"""The public check: is this file, or this code, what the node says?"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.foundation.access.queries import acting
from yiwang.foundation.crypto.queries import Broken
from yiwang.kernel.refusals import Invalid, Problem, TooLarge, TooOften

from . import queries
from .receipts import shown_moment


def broken_words(part: str) -> str:
    """What is wrong with a file, in a sentence for the person who brought it."""
    words = {
        "file": _("文件不完整，或者不是本站出具的格式。"),
        "form": _("回执的内容或写法被改动过。"),
        "signature": _("电子签名对不上。"),
        "content": _("盖章以后，内容被改动过。"),
        "certificate": _("签名用的证书有问题，或者不是用来签这种文书的。"),
        "entry": _("回执里记的事，和存证时不一样。"),
        "head": _("存证链的签名对不上。"),
        "proof": _("回执里的存证路径对不上。"),
        "attachment": _("文书里附带的数据对不上。"),
    }
    return words.get(part, _("文件没有通过查验。"))


@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Upload a file, or type a code."""
    actor = acting(request)
    problems: tuple[Problem, ...] = ()
    code = request.GET.get("code", "")
    if request.method == "POST":
        upload = request.FILES.get("file")
        content = upload.read(queries.LARGEST_UPLOAD + 1) if upload else b""
        name = str(upload.name) if upload else ""
        try:
            verdict = queries.examine_upload(actor, content)
        except (Invalid, TooLarge) as refusal:
            problems = refusal.problems
        except TooOften as refusal:
            return _too_often(request, "file", refusal)
        except Broken as broken:
            found = {"name": name, "words": broken_words(broken.part), "detail": str(broken)}
            return render(request, "ledger/verdict.html", {"broken": found, "trail": _trail()})
        else:
            return render(request, "ledger/verdict.html", _told(verdict, name))
    elif code:
        try:
            address = queries.where_to_check(actor, code)
        except TooOften as refusal:
            return _too_often(request, "code", refusal, code)
        if address:
            return redirect(address)
        said = _("没有查到这个码。请对照文书重新输入，注意数字和字母；也可以直接上传文件查验。")
        problems = (Problem("code", "unknown", said),)
    context = {"problems": problems, "code": code, "limit": queries.LARGEST_UPLOAD // 1024 // 1024}
    return render(request, "ledger/verify.html", context, status=422 if problems else 200)


def _too_often(request: HttpRequest, field: str, refusal: TooOften, code: str = "") -> HttpResponse:
    """The form again, with what was typed and when to come again."""
    problems = (Problem(field, refusal.code, str(refusal)),)
    context = {"problems": problems, "code": code, "limit": queries.LARGEST_UPLOAD // 1024 // 1024}
    response = render(request, "ledger/verify.html", context, status=refusal.status)
    response["Retry-After"] = str(refusal.extra["seconds"])
    return response


def _trail() -> list[tuple[str, str]]:
    return [(_("查验文书"), reverse("verify"))]


def _told(verdict: queries.Verdict, name: str) -> dict[str, Any]:
    kinds = {"receipt": _("回执"), "licence": _("电子证照"), "paper": _("盖章文书")}
    signers = [{"name": signer.name, "code": signer.code, "at": shown_moment(signer.at)} for signer in verdict.signers]
    ask = f"{reverse('verify')}?code={verdict.code}" if verdict.trusted and verdict.code else ""
    return {
        "verdict": verdict, "kind": kinds[verdict.kind], "signers": signers, "name": name, "ask": ask,
        "trail": _trail(),
    }  # fmt: skip


@require_GET
def entry(request: HttpRequest, code: str) -> HttpResponse:
    """What a scanned or typed code of a receipt says."""
    found = queries.public_entry(acting(request), code)
    return render(request, "ledger/entry.html", {"entry": found, "trail": _trail()})


@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """The log of acts as anybody may watch it: its signed heads, its root, and the proof that it only grew."""
    actor = acting(request)
    heads = queries.heads(actor, request.GET.get("cursor", ""))
    _pem, fingerprint = queries.root_certificate(actor)
    asked = {name: request.GET.get(name, "").strip() for name in ("first", "second")}
    problems: tuple[Problem, ...] = ()
    growth = None
    if any(asked.values()):
        try:
            growth = queries.growth(actor, _whole(asked["first"]), _whole(asked["second"]))
        except Invalid as refusal:
            problems = tuple(Problem(problem.field, problem.rule, str(refusal)) for problem in refusal.problems)
    context = {
        "heads": heads, "fingerprint": fingerprint, "asked": asked, "growth": growth, "problems": problems,
        "trail": _trail(),
    }  # fmt: skip
    return render(request, "ledger/log.html", context, status=422 if problems else 200)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
