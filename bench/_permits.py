"""The demo city, and cases of its food permits that wait at the window."""

from __future__ import annotations

from typing import Any


def city() -> None:
    """Install the demo city into the node of the bench."""
    from yiwang.config.environment import environment
    from yiwang.foundation.access.queries import system
    from yiwang.packs import installing, reading
    from yiwang.packs.demo import PACKS

    environment.demo = True  # the packs hold invented people
    for name in PACKS:
        installing.install(system("command"), reading.find(name))


def clerk(agency: str, *roles: str) -> Any:
    """An official who holds ``roles`` in one agency and its parts: a restricted reach, as everybody's."""
    from yiwang.foundation.access.queries import Actor, Held
    from yiwang.foundation.accounts.models import Account

    may = frozenset({"cases.read", "cases.complete", "cases.claim"})
    account = Account.objects.get(username="clerk")
    return Actor(
        name=account.name,
        account_id=account.pk,
        level=3,
        held=tuple(Held(role, may, agency, parts=(agency,) if agency != "/" else ()) for role in roles),
    )


def opened(count: int) -> list[Any]:
    """Cases with a task at the window, opened by an act as any room does it."""
    from yiwang.foundation.access.queries import act, require, system
    from yiwang.foundation.accounts.models import Party
    from yiwang.foundation.cases import actions
    from yiwang.foundation.cases.queries import procedure_id
    from yiwang.foundation.ledger.actions import record
    from yiwang.foundation.orgs.models import Agency

    agency = Agency.objects.select_related("region").get(code="scjg")
    party = Party.objects.get(name="云州市晓梅餐饮有限公司")
    limits = {
        name: {"count": days, "unit": "working"}
        for name, days in (("acceptance", 5), ("statutory", 20), ("promised", 8))
    }

    def once(actor: Any) -> Any:
        require(actor)
        case, _words = actions.open_case(
            actor,
            actions.NewCase(
                kind="enforcement", type_code="990100-scjg-food-permit", type_name="食品经营许可核发", title="食品经营许可核发 测试餐饮",
                procedure=procedure_id("food_permit"), agency_code=agency.code, agency_path=agency.path,
                region_path=agency.region.path, party_id=party.id, limits=limits, starts=("acceptance",),
            ),
        )  # fmt: skip
        record("case", case.number, {})
        return case

    opening = act("cases.bench_open", "bench")(once)
    return [opening(system("command")) for _number in range(count)]
