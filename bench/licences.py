"""Licences issued and sealed: the whole act, against making and signing the same paper with nothing around it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import partial
from typing import Any

from bench import Figure, bench, percentile, quick, timed
from bench._bare import watched
from bench._permits import city


@bench("licences")
def run(store: str) -> Iterable[Figure]:
    from yiwang.foundation.access.queries import system
    from yiwang.foundation.accounts.models import Party
    from yiwang.foundation.crypto.pdfs import sign_pdf
    from yiwang.foundation.licences import actions, papers
    from yiwang.foundation.seals.actions import identity_of
    from yiwang.foundation.seals.queries import seal_of

    city()
    party = Party.objects.get(name="云州市晓梅餐饮有限公司")
    fields = {
        "operator": party.name, "uscc": "91990102MA7XM88C0N", "legal_representative": "林晓梅", "address": "云州市云山区钟楼街46号",
        "premises": "云州市云山区钟楼街46号", "business": "餐饮服务经营者", "projects": "热食类食品制售", "complaints": "12315",
    }  # fmt: skip
    drawn: list[Any] = []
    compose = papers.compose

    def draw(content: Any) -> bytes:  # the content of the first paper, for the limit
        drawn.append(content)
        return compose(content)

    papers.compose = draw
    issue = partial(
        actions.issue, system("command"), "food-permit", party_id=party.id, agency_code="scjg", fields=fields, case_number="",
        valid_from=dt.date(2026, 11, 21),
    )  # fmt: skip
    issue()
    papers.compose = compose
    with watched() as statements:
        issue()
    identity = identity_of(seal_of("scjg"))
    times, bare = [], []
    for _round in range(3 if quick() else 40):
        times.append(timed(issue))
        bare.append(timed(lambda: sign_pdf(compose(drawn[0]), identity, field="seal", reason="bench")))
    note = f"{statements.count} statements; bare: the paper made by Typst and signed by pyHanko"
    yield Figure(
        "licences issued and sealed", "1/s", 1000 * len(times) / sum(times), 1000 * len(bare) / sum(bare), note
    )
    yield Figure("issue a licence, p95", "ms", percentile(times, 0.95), percentile(bare, 0.95))
