"""Pages for those who write tables: editing, trying, comparing, publishing."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.foundation.access.queries import acting, allowed, require
from yiwang.foundation.drafts.queries import Draft
from yiwang.foundation.rules import actions, cells, editing, facts, queries, tables, words
from yiwang.kernel.canonical import readable_bytes
from yiwang.kernel.refusals import Conflict, Invalid, Problem, Refusal
from yiwang.web.versions import as_seen, asked_pair, asked_version, seen_revision, uploaded_text, version_of

from .shelf import SHELF


@never_cache
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new table: its code and its name; the rest is written in the editor."""
    actor = acting(request)
    require(actor, permission=queries.WRITE)
    code, title = request.POST.get("code", "").strip(), request.POST.get("title", "").strip()
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            if not title:
                raise Invalid(_("没有保存。"), problems=[Problem("title", "required", _("请填写“名称”。"))])
            actions.save_draft(actor, code, editing.new_body(title))
        except Conflict:
            problems = (Problem("code", "unique", _("已经有人在起草代码是“%(code)s”的规则。") % {"code": code}),)
        except Invalid as refusal:
            problems = refusal.problems
        else:
            return HttpResponseRedirect(reverse("rule-edit", args=[code]))
    context = {"code": code, "title": title, "problems": problems, "trail": SHELF.trail()}
    return render(request, "rules/new.html", context, status=422 if problems else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """The editor. Its buttons post the whole table; only "save" keeps it."""
    actor = acting(request)
    require(actor, permission=queries.WRITE, subject=f"rule:{code}")
    draft = queries.draft(actor, code)
    if request.method == "GET":
        body = dict(draft.body) if draft else queries.body_of(actor, code, 0)
        return _editor(request, code, body, draft.revision if draft else 0, draft)
    seen, button = seen_revision(request), request.POST.get("do", "save")
    if button == "upload":
        body = editing.from_text(uploaded_text(request, tables.LARGEST_BODY))
        tables.check_shape(code, body)
        return _save(request, code, body, seen, draft)
    body = editing.from_text(request.POST.get("body", ""))
    tables.check_shape(code, body)
    body = editing.read(body, request.POST.dict())
    if button == "save":
        return _save(request, code, body, seen, draft)
    if button == "check":
        return _editor(request, code, body, seen, draft, problems=tables.mistakes(code, body), checked=True)
    return _editor(request, code, body, seen, draft, cursor=editing.press(body, button))


def _save(request: HttpRequest, code: str, body: dict[str, Any], seen: int, draft: Draft | None) -> HttpResponse:
    """Keep the draft. Somebody else's later saving is told on the page, where nothing typed is lost."""
    try:
        saved = actions.save_draft(acting(request), code, body, seen=seen)
    except (Conflict, Invalid) as refusal:
        problems = list(refusal.problems) or [Problem("", refusal.code, str(refusal))]
        return _editor(request, code, body, seen, draft, problems=problems, status=refusal.status)
    wrong = len(tables.mistakes(code, saved.body))
    if wrong:
        messages.warning(request, _("草稿已保存。还有 %(n)d 处要改正，才能发布。") % {"n": wrong})
    else:
        messages.success(request, _("草稿已保存，检查和用例都通过了。"))
    return HttpResponseRedirect(reverse("rule-edit", args=[code]))


def _editor(
    request: HttpRequest, code: str, body: dict[str, Any], seen: int, draft: Draft | None, *,
    problems: list[Problem] | None = None, checked: bool = False, cursor: str = "", status: int = 0,
) -> HttpResponse:  # fmt: skip
    problems = problems or []
    newest = next(iter(queries.versions(acting(request), code)), None)
    context = {
        "code": code, "body": body, "text": json.dumps(body, ensure_ascii=False), "seen": seen, "draft": draft,
        "newest": newest, "problems": problems, "checked": checked, "cursor": cursor, "unsaved": request.method == "POST",
        "too_wide": editing.inputs(body) > editing.MOST_INPUTS, "types": list(facts.TYPES.items()),
        "trail": SHELF.trail(code, newest.title) if newest else SHELF.trail(),
        **_laid_out(body),
    }  # fmt: skip
    return render(request, "rules/edit.html", context, status=status or (422 if problems and not checked else 200))


def _laid_out(body: dict[str, Any]) -> dict[str, Any]:
    """The body as the template shows it: each input with its name and what stands in it."""
    said = body.get("words", {})
    kinds = {fact["name"]: fact["type"] for fact in body["facts"]}
    found = []
    for place, node in editing.tables(body):
        content, where = node["content"], f"graph.nodes.{place}.content"
        columns = [
            {"side": side, "place": number, "name": f"{where}.{side}s.{number}", "column": column,
             "kind": str(facts.TYPES.get(kinds.get(column.get("field") or "", ""), "")) if side == "input" else ""}
            for side in ("input", "output") for number, column in enumerate(content[f"{side}s"])
        ]  # fmt: skip
        rows = [
            {"name": f"{where}.rules.{number}", "place": number, "reason": row.get("_description", ""), "cells": [
                {"name": f"{where}.rules.{number}.{one['column']['id']}", "label": one["column"]["name"], "side": one["side"],
                 "value": cells.shown(row.get(one["column"]["id"], ""), said, kinds.get(one["column"].get("field") or "", "") if one["side"] == "input" else "")}
                for one in columns
            ]}
            for number, row in enumerate(content["rules"])
        ]  # fmt: skip
        found.append({"node": node, "place": place, "where": where, "columns": columns, "rows": rows})
    results = editing.results(body)
    return {
        "tables": found,
        "sums": [{"node": node, "place": place} for place, node in editing.sums(body)],
        "facts": [{"fact": fact, "name": f"facts.{place}"} for place, fact in enumerate(body["facts"])],
        "words": "\n".join(f"{name} = {label}" for name, label in said.items()),
        "results": results,
        "said": list(said.values()),
        "tests": [_test(test, f"tests.{place}", body, results, said) for place, test in enumerate(body["tests"])],
    }  # fmt: skip


def _test(
    test: dict[str, Any], where: str, body: dict[str, Any], results: dict[str, str], said: dict[str, str]
) -> dict[str, Any]:
    output = test["output"]
    simple = isinstance(output, dict) and not any(isinstance(value, (dict, list)) for value in output.values())
    plain = simple and output.keys() <= results.keys()
    return {
        "name": where,
        "title": test["name"],
        "given": [_asked(fact, f"{where}.input.{fact['name']}", test["input"].get(fact["name"]), said) for fact in body["facts"]],
        "plain": plain,
        "wanted": [
            {"name": f"{where}.output.{field}", "label": name, "value": cells.value_shown(output.get(field), said)}
            for field, name in results.items()
        ] if plain else [],
        "json": "" if plain else json.dumps(output, ensure_ascii=False),
    }  # fmt: skip


def _asked(fact: dict[str, Any], name: str, value: Any, said: dict[str, str]) -> dict[str, Any]:
    """One fact as an input: yes and no are chosen, days are picked, the rest is typed."""
    kind = fact["type"]
    return {
        "name": name,
        "label": fact["label"] or fact["name"],
        "kind": "select" if kind == "boolean" else "date" if kind == "date" else "text",
        "value": cells.value_shown(value, said),
        "required": not fact.get("optional"),
    }


@never_cache
@require_http_methods(["GET", "POST"])
def trial(request: HttpRequest, code: str) -> HttpResponse:
    """What a version, or the draft, would decide on facts that are typed in. Nothing is kept."""
    actor, version = acting(request), asked_version(request)
    body = queries.body_of(actor, code, version)
    said, known, tried = body.get("words", {}), {}, None
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        for fact in body["facts"]:
            value = cells.value_typed(request.POST.get(f"fact.{fact['name']}", ""), said, fact["type"])
            if value is not None:
                known[fact["name"]] = value
        try:
            tried = queries.trial(actor, body, known)
        except Invalid as refusal:
            facts_named = {fact["name"] for fact in body["facts"]}
            problems = tuple(
                Problem(f"fact.{one.field}" if one.field in facts_named else "", one.rule, one.message)
                for one in refusal.problems or (Problem("", refusal.code, str(refusal)),)
            )
    context = {
        "code": code, "body": body, "version": version, "tried": tried, "problems": problems, "said": list(said.values()),
        "asked": [_asked(fact, f"fact.{fact['name']}", known.get(fact["name"]), said) for fact in body["facts"]],
        "output": _told(tried.output, body) if tried else [],
        "trail": SHELF.trail(code, body["title"]),
    }  # fmt: skip
    return render(request, "rules/try.html", context, status=422 if problems else 200)


def _told(output: Any, body: dict[str, Any]) -> list[tuple[str, str]]:
    """What came out, in words."""
    names, said = editing.results(body), body.get("words", {})
    parts = output if isinstance(output, list) else [output]
    return [
        (names.get(field, str(field)), words.value(value, said))
        for part in parts
        if isinstance(part, dict)
        for field, value in part.items()
    ]


@never_cache
@require_GET
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Two versions side by side; for a draft, the last look before it is published."""
    actor = acting(request)
    versions = queries.versions(actor, code)
    draft = queries.draft(actor, code) if allowed(actor, queries.WRITE) or allowed(actor, "rules.publish") else None
    pair = asked_pair(request, [row.version for row in versions], draft is not None)
    shown = queries.changes(actor, code, version_of(pair.older), version_of(pair.newer)) if pair.older else []
    draft = draft if pair.of_draft else None
    title = versions[0].title if versions else draft.title if draft else code
    context = {
        "code": code, "title": title, "changes": shown, "pair": pair, "draft": draft, "first": not versions,
        "problems": tables.mistakes(code, draft.body) if draft else [],
        "may_publish": allowed(actor, "rules.publish"), "may_write": allowed(actor, queries.WRITE),
        **SHELF.draft_links(code), "try_href": SHELF.href("try", code),
        "trail": SHELF.trail(code, title) if versions else SHELF.trail(),
    }  # fmt: skip
    return render(request, "drafts/compare.html", context)


@require_POST
def publish(request: HttpRequest, code: str) -> HttpResponse:
    """Publish the draft as it was seen."""
    draft = as_seen(request, queries.draft(acting(request), code))
    row = actions.publish(acting(request), code, draft.body)
    messages.success(request, _("已发布第 %(n)d 版，新的办件从现在起用它。") % {"n": row.version})
    return HttpResponseRedirect(reverse("rule", args=[code]))


@require_POST
def drop(request: HttpRequest, code: str) -> HttpResponse:
    """Drop the draft."""
    actions.drop_draft(acting(request), code)
    messages.success(request, _("草稿已删掉。"))
    try:
        queries.published_version(acting(request), code)
    except Refusal:
        return HttpResponseRedirect(reverse("rules"))
    return HttpResponseRedirect(reverse("rule", args=[code]))


@never_cache
@require_GET
def file(request: HttpRequest, code: str) -> HttpResponse:
    """A version, or the draft, as a file, to be edited elsewhere and uploaded again."""
    version = asked_version(request)
    body = queries.body_of(acting(request), code, version)
    name = "draft" if version is None else f"v{version or 'newest'}"
    response = HttpResponse(readable_bytes(body), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{code}-{name}.json"'
    return response
