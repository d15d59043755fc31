"""The survey of systems and data 系统和数据普查: a filled-in file becomes drafts, doubtful rows are listed, the same file again changes nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.data.catalogue import bodies, sheets
from yiwang.data.catalogue.models import Entry, Survey, System
from yiwang.data.catalogue.writing import next_code, provider_of, scope_of, write_version
from yiwang.foundation.access.queries import Actor, act, allowed, require
from yiwang.foundation.ledger.actions import record
from yiwang.foundation.orgs.queries import Agency
from yiwang.kernel.refusals import Invalid, Refusal

from .entries import enter_system

MOST_REPORTED = 1_000


@act("catalogue.survey", gettext_lazy("导入普查表"))
def survey(actor: Actor, agency: str, file_name: str, content: bytes) -> Survey:
    """Read a survey that ``agency`` has filled in, XLSX or CSV. New resources become drafts, changed ones a new draft, the same ones nothing.

    Rows without a provider belong to ``agency``; rows of agencies outside the actor's reach are refused, each with its reason, and so are
    those that cannot be kept at all. What is kept but would not pass the check is kept with its doubts. Raises :class:`Invalid` for
    what is no survey.
    """
    holder = provider_of(agency)
    require(actor, scope_of(holder), subject=f"survey:{agency}"[:120])
    filled = sheets.read(file_name, content)
    done = _Reading(actor, holder)
    for line, values in filled.systems:
        done.system(line, values)
    for given in filled.resources:
        done.resource(given)
    digest = hashlib.sha256(content).hexdigest()
    counts = dict(Counter(row["outcome"] for row in done.rows))
    made = Survey(
        file_name=file_name[:200], file_hash=digest, agency=holder, made_by=actor.reference(),
        counts={**counts, "rows": len(done.rows), "doubtful": sum(1 for row in done.rows if row["reasons"])},
        report=[row for row in done.rows if row["reasons"]][:MOST_REPORTED],
    )  # fmt: skip
    made.save(force_insert=True)
    record("survey", made.id, {"file": digest, "agency": agency, "counts": made.counts})
    return made


class _Reading:
    """What came of each row of one file."""

    def __init__(self, actor: Actor, holder: Agency) -> None:
        self.actor, self.holder = actor, holder
        self.rows: list[dict[str, Any]] = []

    def _say(self, sheet: str, line: int, code: str, name: str, outcome: str, reasons: list[str]) -> None:
        self.rows.append(
            {
                "sheet": sheet,
                "line": line,
                "code": code[:60],
                "name": name[:200],
                "outcome": outcome,
                "reasons": reasons[:20],
            }
        )

    def system(self, line: int, values: Mapping[str, str]) -> None:
        """One row of the sheet of systems."""
        code, name = values.get("code", "").lower(), values.get("name", "")
        reasons: list[str] = []
        states = {str(label): value for value, label in System.State.choices}
        level = values.get("level", "").removesuffix("级").replace("三", "3").replace("二", "2")
        built = None
        try:
            built = dt.date.fromisoformat(values["built_on"]) if values.get("built_on") else None
        except ValueError:
            reasons.append(_("建成日期“%(text)s”应写成 2026-11-21 这样") % {"text": values["built_on"][:20]})
        if values.get("state") and values["state"] not in states:
            reasons.append(_("状态“%(text)s”应为在用、在建或停用") % {"text": values["state"][:20]})
        former = System.objects.filter(code=code).first()
        try:
            with transaction.atomic():
                found = enter_system(
                    self.actor, code, name, values.get("agency") or self.holder.code, purpose=values.get("purpose", ""),
                    state=states.get(values.get("state", ""), former.state if former else "running"),
                    level=int(level) if level.isascii() and level.isdigit() and len(level) < 3 else 0,
                    store=values.get("store", ""), cloud=values.get("cloud") in ("是", "1", "Y"), built_on=built,
                )  # fmt: skip
        except Refusal as refusal:
            self._say(sheets.SYSTEMS, line, code, name, "refused", _why(refusal))
            return
        same = former is not None and all(
            getattr(former, field.attname) == getattr(found, field.attname) for field in System._meta.concrete_fields
        )
        self._say(sheets.SYSTEMS, line, code, name, "same" if same else "changed" if former else "new", reasons)

    def resource(self, given: sheets.Given) -> None:
        """One resource with its fields."""
        body, doubts = sheets.body_of(given)
        body.setdefault("provider", self.holder.code)
        name = body.get("name", "")
        try:
            agency = provider_of(body["provider"])
            entry = self._known(body, agency)
            if entry is None and "code" not in body:
                body["code"] = next_code(given.values.get("class", ""))
            elif entry is not None:
                body["code"] = entry.code
            wrong = bodies.shape_problems(body)
            if not wrong:
                wrong = [problem for problem in bodies.problems(body) if problem.field in ("code", "name")]
            if wrong:
                raise Invalid(_("不能保存"), problems=wrong)
            if not all(
                allowed(self.actor, "catalogue.survey", scope_of(one))
                for one in {agency, entry.provider if entry else agency}
            ):
                raise Invalid(_("这个资源不是您单位的，没有导入"))
        except Refusal as refusal:
            self._say(sheets.RESOURCES, given.line, body.get("code", ""), name, "refused", [*doubts, *_why(refusal)])
            return
        doubts += [problem.message for problem in bodies.problems(body)]
        # What the survey does not ask for stays as it is.
        shown = (entry.working or entry.current) if entry else None
        merged = {**(shown.body if shown else {}), **body}
        merged["fields"] = _fields(shown.body if shown else {}, merged["fields"])
        if entry is not None and shown is not None and shown.body == merged:
            self._say(sheets.RESOURCES, given.line, body["code"], name, "same", doubts)
            return
        _version, new = write_version(self.actor, entry, merged, agency, _("普查表"))
        outcome = ("changed" if entry is not None else "new") if new else "same"
        self._say(sheets.RESOURCES, given.line, body["code"], name, outcome, doubts)

    def _known(self, body: Mapping[str, Any], agency: Agency) -> Entry | None:
        rows = Entry.objects.select_for_update(of=("self",)).select_related("provider__region", "current", "working")
        if body.get("code"):
            return rows.filter(code=body["code"]).first()
        return rows.filter(provider=agency, name=body.get("name", "")).order_by("code").first()


def _why(refusal: Refusal) -> list[str]:
    return [problem.message for problem in refusal.problems] or [str(refusal)]


def _fields(former: Mapping[str, Any], given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The fields of the file, with what the file has no column for (masks, share kinds of single fields) as it was."""
    known = {one.get("name", ""): one for one in former.get("fields", [])}
    merged = [{**known.get(one.get("name", ""), {}), "key": False, "required": False, **one} for one in given]
    return [{name: value for name, value in one.items() if value is not False} for one in merged]
