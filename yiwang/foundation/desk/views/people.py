"""Administration of people: who holds which role, giving and taking them, helping at a counter, and why somebody may or may not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.config.public_routes import PUBLIC
from yiwang.foundation.access import actions
from yiwang.foundation.access import queries as access
from yiwang.foundation.access.queries import READ_PEOPLE, Actor, Grant, acting, require, require_somewhere
from yiwang.foundation.accounts.actions import second_factors, temporary_password
from yiwang.foundation.accounts.queries import locked
from yiwang.foundation.desk.queries import may
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Invalid, Missing, Problem, Refusal

OPEN_ACCOUNT = "accounts.register"
LEVELS = (
    ("0", gettext_lazy("L0 没有核对身份")), ("1", gettext_lazy("L1 已核对证件号码")), ("2", gettext_lazy("L2 刷脸或银行卡核验")),
    ("3", gettext_lazy("L3 本人到场核验")), ("4", gettext_lazy("L4 数字证书核验")),
)  # fmt: skip


def tabs(current: str) -> list[dict[str, Any]]:
    """The pages about people and access."""
    pages = (
        ("desk-people", _("人员")), ("desk-roles", _("角色")), ("desk-who-may", _("谁能办什么")), ("desk-public", _("不用登录的页面")),
    )  # fmt: skip
    return [{"name": name, "href": reverse(page), "current": page == current} for page, name in pages]


@never_cache
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Officials in the reader's reach, and the account with exactly the name that was typed."""
    actor = acting(request)
    wanted = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "role", "agency")}
    found = access.people(
        actor, text=wanted["q"], role=wanted["role"], agency=wanted["agency"], cursor=request.GET.get("cursor", "")
    )
    shown = {person.account.pk for person in found.items}
    exact = access.by_username(actor, wanted["q"]) if wanted["q"] else None
    context = {
        "tabs": tabs("desk-people"), "page": found, "wanted": wanted, "filtered": any(wanted.values()),
        "exact": exact if exact is not None and exact.pk not in shown else None, "today": timezone.localdate(),
        "roles": [(view.role.code, view.role.name) for view in access.roles(actor)],
        "agencies": [(place.code, place.name) for place in access.agencies_to_give(actor)],
        "may_open": may(actor, OPEN_ACCOUNT),
    }  # fmt: skip
    return render(request, "desk/people.html", context)


def _day(post: QueryDict, name: str, problems: list[Problem], *, required: bool) -> dt.date | None:
    """A day from a form; what is wrong with it goes to ``problems``."""
    text = post.get(name, "").strip()
    if not text:
        if required:
            problems.append(Problem(name, "required", _("请填写日期")))
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        problems.append(Problem(name, "format", _("日期应像 2026-11-21 这样写")))
        return None


def _grant(actor: Actor, account_id: int, post: QueryDict) -> str:
    problems: list[Problem] = []
    since = _day(post, "since", problems, required=True)
    until = _day(post, "until", problems, required=False)
    if problems or since is None:
        raise Invalid(_("角色没有授予，请改好标出的地方。"), problems=problems)
    actions.grant(
        actor, account_id, post.get("role", ""), agency=post.get("agency", ""), region=post.get("region", "").strip(),
        since=since, until=until, reason=post.get("reason", ""),
    )  # fmt: skip
    return _("角色已经授予。")


def _revoke(actor: Actor, account_id: int, post: QueryDict) -> str:
    chosen = post.get("grant", "")
    if not chosen.isdigit():
        raise Missing(_("没有这项授权，可能已经收回。"))
    actions.revoke(actor, int(chosen), reason=post.get("reason", ""))
    return _("角色已经收回，马上生效。")


def _drop(actor: Actor, account_id: int, post: QueryDict) -> str:
    actions.drop_factors(actor, account_id, post.get("purpose", ""))
    return _("两步验证已经取消，请提醒本人重新打开。")


def _close(actor: Actor, account_id: int, post: QueryDict) -> str:
    actions.set_active(actor, account_id, False, post.get("purpose", ""))
    return _("账号已经停用。")


def _open(actor: Actor, account_id: int, post: QueryDict) -> str:
    actions.set_active(actor, account_id, True, post.get("purpose", ""))
    return _("账号已经恢复。")


def _level(actor: Actor, account_id: int, post: QueryDict) -> str:
    chosen = post.get("level", "")
    actions.set_level(actor, account_id, int(chosen) if chosen in dict(LEVELS) else -1, post.get("purpose", ""))
    return _("实名等级已经更新，马上生效。")


def _unlock(actor: Actor, account_id: int, post: QueryDict) -> str:
    actions.unlock(actor, account_id, post.get("purpose", ""))
    return _("锁定已经解除，现在就可以登录。")


_DOING: dict[str, Callable[[Actor, int, QueryDict], str]] = {
    "grant": _grant, "revoke": _revoke, "drop": _drop, "close": _close, "open": _open,
    "level": _level, "unlock": _unlock,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant as the page shows it; ``state`` is now, later or over."""

    grant: Grant
    state: str


def _row(grant: Grant, today: dt.date) -> GrantRow:
    return GrantRow(grant, "now" if grant.holds_on(today) else "later" if grant.since > today else "over")


@never_cache
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, account_id: int) -> HttpResponse:
    """One person: roles with dates and reasons, and what can be done for them. A temporary password is shown once, in the answer."""
    actor = acting(request)
    doing, refusal, password = request.POST.get("do", ""), None, ""
    if request.method == "POST":
        try:
            if doing == "reset":
                password = actions.reset_password(actor, account_id, request.POST.get("purpose", ""))
            elif doing in _DOING:
                messages.success(request, _DOING[doing](actor, account_id, request.POST))
                return HttpResponseRedirect(reverse("desk-person", args=[account_id]))
            else:
                raise Missing(_("没有这个操作，请从页面上的按钮办理。"))
        except Invalid as wrong:
            refusal = wrong
    view = access.person(actor, account_id)
    today = timezone.localdate()
    posted = request.POST if refusal is not None else QueryDict()
    context = {
        "tabs": tabs("desk-people"), "view": view, "grants": [_row(grant, today) for grant in view.grants],
        "factors": second_factors(view.account) - {"recovery_codes"}, "oneself": account_id == actor.account_id,
        "may": {
            "grant": may(actor, "access.grant"), "revoke": may(actor, "access.revoke"), "drop": may(actor, "accounts.drop_factors"),
            "reset": may(actor, "accounts.reset_password"), "close": may(actor, "accounts.set_active"),
            "level": may(actor, "accounts.set_level"), "unlock": may(actor, "accounts.unlock"),
        },
        "roles": [(item.role.code, item.role.name) for item in access.roles(actor)],
        "agencies": [(place.code, place.name) for place in access.agencies_to_give(actor)],
        "level": LEVELS[view.account.level][1], "today": today, "doing": doing if refusal is not None else "",
        "levels": [row for row in LEVELS[:4] if row[0] != str(view.account.level)], "locked": locked(view.account),
        "post": posted, "problems": refusal.problems if refusal is not None else (), "password": password,
        "since": posted.get("since") or today.isoformat(),
    }  # fmt: skip
    return render(request, "desk/person.html", context, status=422 if refusal is not None else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def new_account(request: HttpRequest) -> HttpResponse:
    """Open an account for somebody whose identity was checked; its temporary password is shown once."""
    actor = acting(request)
    require(actor, permission=OPEN_ACCOUNT, subject="account")
    refusal, opened, password = None, None, ""
    if request.method == "POST":
        password = temporary_password()
        level = request.POST.get("level", "")
        try:
            opened = actions.register_account(
                actor, request.POST.get("username", ""), request.POST.get("name", ""), password=password,
                level=int(level) if level in dict(LEVELS) else -1, temporary=True,
            )  # fmt: skip
        except Refusal as wrong:
            if wrong.status not in (409, 422):
                raise
            refusal = wrong
    problems = refusal.problems or [Problem("username", refusal.code, str(refusal))] if refusal is not None else []
    context = {
        "tabs": tabs("desk-people"), "levels": LEVELS, "post": request.POST, "problems": problems,
        "opened": opened, "password": password if opened else "",
    }  # fmt: skip
    return render(request, "desk/new_account.html", context, status=refusal.status if refusal is not None else 200)


@never_cache
@require_GET
def roles(request: HttpRequest) -> HttpResponse:
    """Each role with what it may do in words."""
    return render(request, "desk/roles.html", {"tabs": tabs("desk-roles"), "roles": access.roles(acting(request))})


@never_cache
@require_GET
def who_may(request: HttpRequest) -> HttpResponse:
    """Who may do something in an agency, and why one person may or may not."""
    actor = acting(request)
    require_somewhere(actor, READ_PEOPLE)
    code, place, username = (request.GET.get(name, "").strip()[:80] for name in ("permission", "agency", "who"))
    known = access.permissions()
    agency = Agency.objects.filter(code=place).first() if place else None
    grants, verdict, asked, problem = None, None, None, ""
    if code in dict(known):
        grants = access.who_may(actor, code, agency)
        if username:
            asked = access.by_username(actor, username)
            if asked is None:
                problem = _("没有这个账号，请填写完整的账号名")
            else:
                verdict = access.explain(actor, asked.pk, code, agency)
    context = {
        "tabs": tabs("desk-who-may"), "wanted": {"permission": code, "agency": place, "who": username}, "grants": grants,
        "permissions": [(known_code, f"{name} · {known_code}") for known_code, name in known], "agency": agency,
        "agencies": [(one.code, one.name) for one in access.agencies_to_give(actor)],
        "verdict": verdict, "asked": asked, "problem": problem,
    }  # fmt: skip
    return render(request, "desk/who_may.html", context)


@never_cache
@require_GET
def public_routes(request: HttpRequest) -> HttpResponse:
    """What answers without sign-in, each with its reason: the list that the node itself enforces."""
    require_somewhere(acting(request), READ_PEOPLE)
    return render(request, "desk/public.html", {"tabs": tabs("desk-public"), "routes": sorted(PUBLIC.items())})
