"""What rooms above plug into the workbench: panels of a kind of case, lists that can be exported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import QueryDict

from yiwang.kernel.slots import Slot

if TYPE_CHECKING:
    from yiwang.foundation.access.queries import Actor
    from yiwang.foundation.accounts.models import Party
    from yiwang.foundation.cases.models import Case, Task

# Names that the workbench itself gives to templates; a panel's context must not use them.
RESERVED = frozenset({
    "actor", "applicant", "back", "badge", "batch", "columns", "case", "case_url", "chosen", "clocks", "compact", "events", "form_template", "here", "kept", "list",
    "list_url",
    "masked", "move", "moves", "opinion", "opinion_help", "opinions", "outcomes", "page", "panel_error", "panel_refusal", "panel_template", "people", "post",
    "problems", "refusal", "request", "rows", "saved", "tabs", "task", "undo", "view", "waiting", "wanted",
})  # fmt: skip


def own_names(context: dict[str, Any]) -> dict[str, Any]:
    """The context of a plug. Raises ValueError when it uses a name of the workbench's own."""
    if taken := RESERVED & context.keys():
        raise ValueError(f"the workbench itself gives {sorted(taken)} to templates")
    return context


def _nothing(actor: Actor, case: Case, task: Task) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class OutcomeForm:
    """Takes the place of the opinion field for one outcome that needs more than a sentence (a request for correction, point by point).

    ``template`` holds the fields only: the workbench draws the form around them, its button with the outcome's label, the CSRF token
    and the way back. It finds ``case``, ``task``, ``post`` (a QueryDict: what was typed, empty at first), ``problems`` (show them with
    ``problems|problem_for:"name"``) and what ``context`` gives.

    ``handle`` performs the act that finishes the task. It raises Invalid with problems that name the fields of ``template``; the form then
    comes back as it was typed. Uploads are not sent: a decision has no files.
    """

    template: str
    handle: Callable[[Actor, Task, QueryDict], object]
    context: Callable[[Actor, Case, Task], dict[str, Any]] = _nothing


@dataclass(frozen=True, slots=True)
class Panel:
    """What the workbench shows of one kind of case, plugged into :data:`panels` under the kind's code.

    ``template`` is drawn in the middle of the case page, and in the side panel of a list with ``compact`` true, where it should be short. Its headings begin at h3.
    It finds ``case``, ``view`` (a cases CaseView), ``actor``, ``compact`` and what ``context`` gives. A Refusal raised by ``context``
    (somebody who may read the case, not the papers) is shown in the panel's place. Fields in the template may join the decision by
    ``form="decision"``.

    ``decide(actor, task, outcome, opinion, post)`` finishes the task in place of ``cases.actions.complete``; None: that one is used.
    ``outcome_forms`` maps "<step>.<outcome>", or "<outcome>" for every step, to the form that replaces the opinion field.
    ``styles`` and ``scripts`` are static files that the templates need.
    ``people`` names further parties, besides the applicant, whose masked numbers may be asked for on the page: (party, what they are
    in the case).
    """

    template: str
    context: Callable[[Actor, Case], dict[str, Any]]
    decide: Callable[[Actor, Task, str, str, QueryDict], object] | None = None
    outcome_forms: Mapping[str, OutcomeForm] = field(default_factory=dict)
    people: Callable[[Actor, Case], Sequence[tuple[Party, str]]] | None = None
    styles: Sequence[str] = ()
    scripts: Sequence[str] = ()

    def form_for(self, step: str, outcome: str) -> OutcomeForm | None:
        """The form that replaces the opinion field for ``outcome`` of ``step``, if any."""
        return self.outcome_forms.get(f"{step}.{outcome}") or self.outcome_forms.get(outcome)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that may be exported as it is filtered.

    ``rows(actor, filters)`` asks for access itself and yields rows of ready words, in the order of ``header``; personal data comes masked.
    ``page`` is the name of the list's address, to which the export leads back.
    """

    title: Any
    page: str
    header: Sequence[Any]
    rows: Callable[[Actor, QueryDict], Iterator[Sequence[object]]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Something that may be done with many tasks of the queue at once. Each is an act of its own, and may be refused on its own.

    ``run(actor, task_id, post)`` performs one. ``asks`` is a field that it needs besides: (name in ``post``, label). ``undone_by`` is the code of
    the batch that takes it back, where the law allows that: nothing that a person outside was told (docs/adr/0049).
    """

    label: Any
    done: Any
    icon: str
    permission: str
    run: Callable[[Actor, UUID, QueryDict], object]
    asks: tuple[str, Any] | None = None
    undone_by: str = ""


batches: Slot[Batch] = Slot("batches")
panels: Slot[Panel] = Slot("panels")
listings: Slot[Listing] = Slot("listings")
