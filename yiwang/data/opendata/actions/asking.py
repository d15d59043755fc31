"""What the public asks of open data: access on conditions, data that is not open yet, corrections, a place for what was made with it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.opendata.askings import ASKINGS, open_case
from yiwang.data.opendata.models import Access, Correction, Dataset, Showcase, Subscription, Vote, Wish
from yiwang.data.opendata.writing import scope_of, token_hash
from yiwang.foundation.access.queries import NODE, Actor, Level, act, once, owner, require
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Conflict, Invalid, Missing, Problem

DAYS = (30, 90, 180, 365)
MOST_OPEN = 20  # askings of one party that wait for an answer


def _open_dataset(code: str) -> Dataset:
    found = (
        Dataset.objects.select_related("provider__region", "current")
        .filter(code=code, state=Dataset.State.RELEASED)
        .first()
    )
    if found is None:
        raise Missing(_("没有这个数据集，可能已经撤下。"))
    return found


def _party(actor: Actor, subject: str) -> UUID:
    require(actor, owner(actor.party_id), subject=subject[:120])
    if actor.party_id is None:
        raise Invalid(_("您的账号没有对应到个人或单位，不能提出申请。"))
    return actor.party_id


def _words(problems: list[Problem], field: str, text: str, most: int, missing: str) -> str:
    text = text.strip()
    if not text:
        problems.append(Problem(field, "required", missing))
    elif len(text) > most:
        problems.append(Problem(field, "max-length", _("最多写 %(most)d 个字") % {"most": most}))
    return text


def _not_too_many(party: UUID, model: type[Access] | type[Wish] | type[Correction] | type[Showcase]) -> None:
    if model.objects.filter(party=party, state="asked").count() >= MOST_OPEN:
        raise Conflict(_("您有 %(n)d 件还在等答复，请等答复后再提。") % {"n": MOST_OPEN}, code="too-many")


def _raise(problems: list[Problem]) -> None:
    if problems:
        raise Invalid(_("还没有提交，请改好标出的地方。"), problems=problems)


@act("opendata.ask_access", gettext_lazy("申请使用有条件开放的数据"), party=True, level=Level.FACE)
def ask_access(actor: Actor, code: str, purpose: str, safeguards: str, days: int, *, key: str = "") -> Access:
    """Ask for a dataset that is open on conditions: for what, how it is kept safe, for how many days (30, 90, 180, 365).

    ``key`` is an Idempotency-Key. Raises :class:`Conflict` for a dataset that needs no application, or while one is open or in force.
    """
    party = _party(actor, f"dataset:{code}")
    dataset = _open_dataset(code)
    problems: list[Problem] = []
    purpose = _words(problems, "purpose", purpose, 1000, _("请写明用来做什么"))
    safeguards = _words(problems, "safeguards", safeguards, 1000, _("请写明怎样保证数据安全"))
    if days not in DAYS:
        problems.append(Problem("days", "choice", _("请选择使用期限")))
    _raise(problems)
    if dataset.open_kind != Dataset.OpenKind.CONDITIONAL:
        raise Conflict(_("这份数据不用申请，可以直接下载。"), code="not-conditional")

    def make() -> str:
        _not_too_many(party, Access)
        today = timezone.localdate()
        mine = Access.objects.filter(party=party, dataset=dataset)
        if (
            mine.filter(state=Access.State.ASKED).exists()
            or mine.filter(state=Access.State.GRANTED, until__gt=today).exists()
        ):
            raise Conflict(_("您已经申请过这份数据，请在“我的数据申请”里查看。"), code="already-asked")
        case = open_case(
            actor, ASKINGS["open-access"], dataset.provider, _("申请使用“%(name)s”") % {"name": dataset.name}, party
        )
        access = Access.objects.create(
            dataset=dataset, party_id=party, case=case, purpose=purpose, safeguards=safeguards, days=days
        )
        record("open-access", access.id, {"dataset": dataset.code, "days": days, "case": case.number})
        return str(access.id)

    made, _now = once(actor, key, {"dataset": code, "purpose": purpose, "safeguards": safeguards, "days": days}, make)
    return Access.objects.get(id=made)


@act("opendata.issue_token", gettext_lazy("领取数据令牌"), party=True, level=Level.FACE)
def issue_token(actor: Actor, access_id: UUID | str) -> str:
    """A new token for a granted application, shown once; the former one stops working. Raises :class:`Conflict` when it is not in force."""
    found = Access.objects.select_for_update().filter(id=access_id).first()
    require(actor, owner(found.party_id if found else None), subject=f"open-access:{access_id}")
    if found is None:
        raise Missing(_("没有这项申请。"))
    if found.state != Access.State.GRANTED or found.until is None or found.until <= timezone.localdate():
        raise Conflict(_("这项申请没有同意，或者已经到期。"), code="not-granted")
    token = f"yw-{secrets.token_urlsafe(32)}"
    found.token_hash = token_hash(token)
    found.save(update_fields=["token_hash"])
    record("open-access", found.id, {"token": "issued"})
    return token


@act("opendata.revoke_access", gettext_lazy("收回数据使用许可"))
def revoke_access(actor: Actor, access_id: UUID | str, reason: str) -> Access:
    """End a granted access at once, with the reason for the party."""
    found = Access.objects.select_for_update(of=("self",)).select_related("dataset").filter(id=access_id).first()
    require(actor, scope_of(found.dataset) if found else NODE, subject=f"open-access:{access_id}")
    if found is None:
        raise Missing(_("没有这项许可。"))
    problems: list[Problem] = []
    reason = _words(problems, "reason", reason, 300, _("请写明为什么收回"))
    _raise(problems)
    if found.state != Access.State.GRANTED:
        raise Conflict(_("这项许可没有生效，或者已经收回。"), code="not-granted")
    found.state, found.answer, found.token_hash = Access.State.REVOKED, reason, ""
    found.save()
    record("open-access", found.id, {"revoked": True})
    return found


@act("opendata.wish", gettext_lazy("提出开放数据需求"), party=True, level=Level.NUMBER)
def wish(actor: Actor, title: str, why: str, agency_code: str, *, key: str = "") -> Wish:
    """Ask an agency to open data that is not open yet. The title is shown to everybody, the reason to the agency only."""
    party = _party(actor, "wish")
    problems: list[Problem] = []
    title = _words(problems, "title", title, 80, _("请写明想要什么数据"))
    why = _words(problems, "why", why, 1000, _("请写明用来做什么"))
    agency = Agency.objects.select_related("region").filter(code=agency_code).first()
    if agency is None:
        problems.append(Problem("agency", "choice", _("请选择部门")))
    _raise(problems)
    assert agency is not None

    def make() -> str:
        _not_too_many(party, Wish)
        case = open_case(actor, ASKINGS["open-wish"], agency, _("希望开放：%(title)s") % {"title": title}, party)
        found = Wish.objects.create(party_id=party, case=case, title=title, why=why, agency=agency)
        Vote.objects.create(wish=found, party_id=party)
        record("open-wish", found.id, {"agency": agency.code, "case": case.number})
        return str(found.id)

    made, _now = once(actor, key, {"title": title, "why": why, "agency": agency_code}, make)
    return Wish.objects.get(id=made)


@act("opendata.vote", gettext_lazy("支持开放数据需求"), party=True, level=Level.NUMBER)
def vote(actor: Actor, wish_id: UUID | str) -> Wish:
    """Join a wish, once for each party; a second time changes nothing."""
    party = _party(actor, f"wish:{wish_id}")
    found = Wish.objects.select_for_update().filter(id=wish_id).first()
    if found is None:
        raise Missing(_("没有这项需求。"))
    if found.state not in (Wish.State.ASKED, Wish.State.PLANNED):
        raise Conflict(_("这项需求已经答复，不用再支持。"), code="answered")
    _vote, made = Vote.objects.get_or_create(wish=found, party_id=party)
    if made:
        Wish.objects.filter(pk=found.pk).update(votes=F("votes") + 1)
        found.refresh_from_db()
    record("open-wish", found.id, {"votes": found.votes, "new": made})
    return found


@act("opendata.correct", gettext_lazy("给开放数据纠错"), party=True, level=Level.NUMBER)
def correct(actor: Actor, code: str, text: str, *, key: str = "") -> Correction:
    """Say what is wrong in a dataset; its provider looks into it."""
    party = _party(actor, f"dataset:{code}")
    dataset = _open_dataset(code)
    problems: list[Problem] = []
    text = _words(problems, "text", text, 1000, _("请写明哪里不对"))
    _raise(problems)
    assert dataset.current is not None
    number = dataset.current.number

    def make() -> str:
        _not_too_many(party, Correction)
        case = open_case(
            actor, ASKINGS["open-correction"], dataset.provider, _("纠错：%(name)s") % {"name": dataset.name}, party
        )
        found = Correction.objects.create(dataset=dataset, edition=number, party_id=party, case=case, text=text)
        record("open-correction", found.id, {"dataset": dataset.code, "edition": number, "case": case.number})
        return str(found.id)

    made, _now = once(actor, key, {"dataset": code, "text": text}, make)
    return Correction.objects.get(id=made)


@act("opendata.show", gettext_lazy("提交数据应用"), party=True, level=Level.NUMBER)
def show(actor: Actor, name: str, summary: str, url: str, datasets: Sequence[str], *, key: str = "") -> Showcase:
    """Hand in something that was made with open data; it is shown once the data bureau has looked at it."""
    party = _party(actor, "showcase")
    problems: list[Problem] = []
    name = _words(problems, "name", name, 60, _("请写应用的名称"))
    summary = _words(problems, "summary", summary, 300, _("请写应用是做什么的"))
    url = url.strip()
    parts = urlsplit(url)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or len(url) > 300
        or parts.username
        or parts.password
    ):
        problems.append(Problem("url", "format", _("请填网址，以 https:// 开头")))
    found = list(
        Dataset.objects.filter(code__in=list(datasets), state=Dataset.State.RELEASED).select_related(
            "provider__region"
        )[:10]
    )
    if not found:
        problems.append(Problem("datasets", "required", _("请选择用到的数据集")))
    _raise(problems)

    def make() -> str:
        _not_too_many(party, Showcase)
        case = open_case(
            actor, ASKINGS["open-showcase"], found[0].provider, _("数据应用：%(name)s") % {"name": name}, party
        )
        made = Showcase.objects.create(name=name, summary=summary, url=url, party_id=party, case=case)
        made.datasets.set(found)
        record("open-showcase", made.id, {"datasets": [each.code for each in found], "case": case.number})
        return str(made.id)

    made, _now = once(actor, key, {"name": name, "summary": summary, "url": url, "datasets": list(datasets)}, make)
    return Showcase.objects.get(id=made)


@act("opendata.subscribe", gettext_lazy("订阅开放数据的更新"), party=True, level=Level.NUMBER)
def subscribe(actor: Actor, code: str) -> Subscription:
    """Be told by message of each new edition of a dataset."""
    party = _party(actor, f"dataset:{code}")
    dataset = _open_dataset(code)
    told = dataset.current.number if dataset.current else 0
    found, made = Subscription.objects.get_or_create(dataset=dataset, party_id=party, defaults={"told": told})
    record("dataset", dataset.code, {"subscribed": True, "new": made})
    return found


@act("opendata.unsubscribe", gettext_lazy("取消订阅开放数据"), party=True, level=Level.NUMBER)
def unsubscribe(actor: Actor, code: str) -> None:
    """Be told no more; no error when one was not subscribed."""
    party = _party(actor, f"dataset:{code}")
    gone, _kinds = Subscription.objects.filter(dataset__code=code, party=party).delete()
    record("dataset", code[:60], {"subscribed": False, "gone": gone})
