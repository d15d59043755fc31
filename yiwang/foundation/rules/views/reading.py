"""Pages for the staff: the tables as they read, and one decision with its reasons."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from yiwang.foundation.access.queries import acting, allowed
from yiwang.foundation.rules import facts, queries, words
from yiwang.foundation.rules.models import TableVersion
from yiwang.web.versions import asked_version

from .shelf import SHELF


@never_cache
@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """Every table in its newest version, and the drafts."""
    actor = acting(request)
    rows = queries.published(actor)
    codes = {row.code for row in rows}
    drafts = queries.drafts(actor)
    context = {
        "rows": rows,
        "drafted": {draft.code for draft in drafts},
        "new_drafts": [draft for draft in drafts if draft.code not in codes],
        "may_write": allowed(actor, queries.WRITE),
    }
    return render(request, "rules/rules.html", context)


@never_cache
@require_GET
def rule(request: HttpRequest, code: str) -> HttpResponse:
    """One version of one table, its rows and its tests."""
    actor = acting(request)
    row = queries.published_version(actor, code, asked_version(request) or 0)
    versions = queries.versions(actor, code)
    may_see_draft = allowed(actor, queries.WRITE) or allowed(actor, "rules.publish")
    context = {
        "row": row,
        "tables": _tables(row),
        "sums": _sums(row),
        "facts": [
            (fact["label"], fact["name"], facts.TYPES[fact["type"]], not fact.get("optional"))
            for fact in row.body["facts"]
        ],
        "tests": _tests(row),
        "versions": versions,
        "newest": versions[0].version,
        "draft": queries.draft(actor, code) if may_see_draft else None,
        "edit_href": reverse("rule-edit", args=[code]),
        "compare_href": reverse("rule-compare", args=[code]),
        "may_write": allowed(actor, queries.WRITE),
        "may_read_decisions": allowed(actor, queries.READ_DECISION),
        "trail": SHELF.trail(),
    }
    return render(request, "rules/rule.html", context)


@never_cache
@require_GET
def decisions(request: HttpRequest, code: str) -> HttpResponse:
    """What a table has decided, the newest first."""
    actor = acting(request)
    row = queries.published_version(actor, code)
    context = {
        "row": row,
        "page": queries.decisions(actor, code, cursor=request.GET.get("cursor", "")),
        "trail": SHELF.trail(code, row.title),
    }
    return render(request, "rules/decisions.html", context)


def _tables(row: TableVersion) -> list[dict[str, Any]]:
    found = []
    said = row.body.get("words", {})
    for node in row.body["graph"]["nodes"]:
        if node["type"] != "decisionTableNode":
            continue
        content = node["content"]
        columns = [(column, True) for column in content["inputs"]] + [(column, False) for column in content["outputs"]]
        found.append(
            {
                "name": node["name"],
                "first": content["hitPolicy"] == "first",
                "columns": [(column["name"], column.get("field") or "", is_input) for column, is_input in columns],
                "rows": [
                    {
                        "id": line["_id"],
                        "cells": [
                            (*words.cell(line.get(column["id"], ""), said), is_input) for column, is_input in columns
                        ],
                        "reason": line["_description"],
                    }
                    for line in content["rules"]
                ],
            }
        )
    return found


def _sums(row: TableVersion) -> list[dict[str, Any]]:
    return [
        {"name": node["name"], "lines": [(line["key"], line["value"]) for line in node["content"]["expressions"]]}
        for node in row.body["graph"]["nodes"]
        if node["type"] == "expressionNode"
    ]


def _tests(row: TableVersion) -> list[dict[str, Any]]:
    labels = {fact["name"]: fact["label"] for fact in row.body["facts"]}
    for node in row.body["graph"]["nodes"]:
        if node["type"] == "decisionTableNode":
            labels |= {column["field"]: column["name"] for column in node["content"]["outputs"]}
    said = row.body.get("words", {})

    def tell(known: Any) -> str:
        if isinstance(known, list):
            return "；".join(tell(item) for item in known) or _("没有结论")
        if not isinstance(known, dict):
            return words.value(known, said)
        return "；".join(f"{labels.get(name, name)}：{words.value(value, said)}" for name, value in known.items()) or _(
            "没有结论"
        )

    return [
        {"name": test["name"], "input": tell(test["input"]), "output": tell(test["output"])}
        for test in row.body["tests"]
    ]


@require_GET
def decision(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """One decision: what was known, which rows spoke, what came out."""
    explained = queries.decision(acting(request), decision_id)
    return render(
        request,
        "rules/decision.html",
        {
            "explained": explained,
            "made": explained.decision,
            "facts": [(label, words.value(value, explained.words)) for label, value in explained.facts],
            "output": [(label, words.value(value, explained.words)) for label, value in explained.output],
        },
    )
