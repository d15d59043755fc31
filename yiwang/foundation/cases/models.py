from __future__ import annotations

from django.db import models
from django.utils import timezone

from yiwang.kernel.models import AppendOnly, Record

from .words import WordsField


class Procedure(AppendOnly, Record):
    """One published version of a BPMN procedure. Immutable: a running case keeps the version it began with."""

    code = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    bpmn = models.TextField()
    digest = models.CharField(max_length=64)  # SHA-256 of bpmn
    calls = models.JSONField(default=dict)  # code of a called procedure -> id of the version that is pinned

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="cases_procedure_version")]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Case(Record):
    """Somebody asked or found something; it flows through people and rules under a legal clock; it ends with a result.

    ``engine`` is the engine's state. ``stage`` says in words where the case is. ``due_on`` and ``warn_on`` repeat the most urgent
    running clock, so that queues can be sorted and coloured without a join; both are null while no clock runs. ``held`` is the reason
    (a code of clocks.REASONS) for which an official made it stand still. ``urged_at`` is when it was last urged, ``urges`` how often.
    ``created_at`` is when it was received, also where that is entered afterwards (ADR 0030).
    """

    created_at = models.DateTimeField(default=timezone.now, editable=False)

    number = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=30)  # a plug of slots.kinds
    type_code = models.CharField(max_length=80)  # what it is a case of: an item's code
    type_name = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    words = WordsField(default="", editable=False)  # of the title and the applicant's name
    party = models.ForeignKey("accounts.Party", models.PROTECT, null=True, related_name="+")
    opened_by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    agency = models.ForeignKey("orgs.Agency", models.PROTECT, related_name="+")
    agency_path = models.CharField(max_length=200)
    region_path = models.CharField(max_length=120)
    channel = models.CharField(max_length=12)
    procedure = models.ForeignKey(Procedure, models.PROTECT, related_name="cases")
    engine = models.BinaryField()
    limits = models.JSONField(default=dict)  # clock kind -> {"count": 20, "unit": "working"}
    revision = models.PositiveIntegerField(default=1)
    stage = models.CharField(max_length=120, blank=True)
    due_on = models.DateField(null=True)
    warn_on = models.DateField(null=True)
    paused = models.BooleanField(default=False)
    held = models.CharField(max_length=30, blank=True)
    urged_at = models.DateTimeField(null=True)
    urges = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=30, blank=True)
    outcome_name = models.CharField(max_length=60, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["party", "-created_at"]),
            models.Index(fields=["type_code", "created_at"]),
            models.Index(fields=["-created_at", "-id"], name="cases_by_time"),
            models.Index(fields=["agency_path", "-created_at", "-id"], name="cases_by_agency"),
            models.Index(
                fields=["agency_path", "due_on"], condition=models.Q(closed_at=None), name="cases_open_by_agency"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Task(Record):
    """One piece of work in a case: for an official, for the party, for the node itself (an operation), or an event that is waited for.

    ``kind`` tells a step of the procedure from what an official added to it: a colleague's opinion (加签), or a question to the
    party. Such a task hangs on its ``origin``; it must be answered before that one is done, or (``after``) before the case goes on.
    ``place`` numbers the tasks of a joint review, which share the engine's token. ``created_at`` is when it came to be done.
    """

    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Doer(models.TextChoices):
        OFFICIAL = "official", "工作人员"
        PARTY = "party", "当事人"
        NODE = "node", "系统"
        OUTSIDE = "outside", "外部消息"
        TIMER = "timer", "定时"

    class Kind(models.TextChoices):
        STEP = "step", "环节"
        REVIEW = "review", "加签"
        REPLY = "reply", "当事人答复"

    class State(models.TextChoices):
        OPEN = "open", "待办"
        DONE = "done", "已办"
        CANCELLED = "cancelled", "已取消"

    case = models.ForeignKey(Case, models.CASCADE, related_name="tasks")
    engine_id = models.CharField(max_length=36)
    step = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    doer = models.CharField(max_length=10, choices=Doer)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.STEP)
    place = models.PositiveSmallIntegerField(default=0)
    origin = models.ForeignKey("self", models.CASCADE, null=True, related_name="added")
    after = models.BooleanField(default=False)
    question = models.TextField(blank=True)
    role = models.CharField(max_length=40, blank=True)
    agency_path = models.CharField(max_length=200)
    region_path = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    assignee = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="tasks")
    due_on = models.DateField(null=True)
    warn_on = models.DateField(null=True)
    outcome = models.CharField(max_length=30, blank=True)
    outcome_name = models.CharField(max_length=60, blank=True)
    opinion = models.TextField(blank=True)
    done_by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "engine_id", "place"],
                condition=models.Q(state="open", kind="step"),
                name="cases_task_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["role", "agency_path", "created_at", "id"], condition=models.Q(state="open"), name="cases_queue"
            ),
            models.Index(fields=["assignee", "state"]),
        ]


class Clock(Record):
    """One legal limit on one case. ``due_on`` is null while suspended; ``provisional`` says that a holiday notice is missing.

    A limit in hours has a moment at which it began and one at which it ends besides the days.
    """

    class State(models.TextChoices):
        RUNNING = "running", "计时中"
        SUSPENDED = "suspended", "暂停"
        STOPPED = "stopped", "已停止"

    case = models.ForeignKey(Case, models.CASCADE, related_name="clocks")
    kind = models.CharField(max_length=20)
    unit = models.CharField(max_length=10)  # working | calendar | hours
    count = models.PositiveIntegerField()
    started_on = models.DateField()
    started_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    due_at = models.DateTimeField(null=True)
    warn_on = models.DateField(null=True)
    provisional = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    stopped_on = models.DateField(null=True)
    stopped_at = models.DateTimeField(null=True)
    alarm = models.CharField(max_length=6, blank=True)  # the last colour announced: "", yellow, red

    class Meta:
        indexes = [
            models.Index(fields=["due_on"], condition=models.Q(state="running"), name="cases_clocks_running"),
        ]


class Suspension(Record):
    """Days that a clock does not count: those after ``since`` up to and including ``until`` (null: still suspended).

    ``step`` is the step that suspends while it is open, "" when an official did. ``due_on`` is the suspension's own limit, the last day
    on which it may still last; ``alarmed`` says that its end was announced. ``since_at`` and ``until_at`` are for limits in hours.
    """

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="suspensions")
    reason = models.CharField(max_length=30)  # a code of clocks.REASONS
    step = models.CharField(max_length=60, blank=True)
    since = models.DateField()
    until = models.DateField(null=True)
    since_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    alarmed = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_on"], condition=models.Q(until=None, alarmed=False), name="cases_suspensions_open"
            ),
        ]


class TimerEvent(Record):
    """A timer of a procedure that a case has reached: the job fires it at ``fires_at``. ``element`` is the event's id in the procedure."""

    class State(models.TextChoices):
        WAITING = "waiting", "等待"
        FIRED = "fired", "已触发"
        CANCELLED = "cancelled", "已取消"

    case = models.ForeignKey(Case, models.CASCADE, related_name="timers")
    element = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    engine_id = models.CharField(max_length=36)
    fires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    fired_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["fires_at"], condition=models.Q(state="waiting"), name="cases_timers_waiting"),
        ]


class Migration(Record):
    """Moving the running cases of a procedure to a newer version: how far it is, and which cases could not be moved and why."""

    procedure = models.ForeignKey(Procedure, models.PROTECT, related_name="+")  # the version to which they move
    asked_by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    total = models.PositiveIntegerField()
    moved = models.PositiveIntegerField(default=0)
    stuck = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(default=list)  # of the first that could not: {"number", "reason"}
    finished_at = models.DateTimeField(null=True)


class HandOver(AppendOnly, Record):
    """Somebody's open tasks given to others when they left (移交): ``given`` has, for each task, the account that got it, or null when it
    went back to its team."""

    leaver = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    done_by = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    reason = models.TextField()
    given = models.JSONField(default=dict)
    entry_id = models.UUIDField()  # the ledger entry

    class Meta:
        indexes = [models.Index(fields=["done_by", "-created_at"])]


class JournalEntry(AppendOnly, Record):
    """What happened in a case, in words. ``public`` entries are shown to the party."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="journal")
    at = models.DateTimeField()
    actor_name = models.CharField(max_length=120)
    account_id = models.BigIntegerField(null=True)
    act = models.CharField(max_length=80)
    text = models.CharField(max_length=200)
    note = models.TextField(blank=True)
    public = models.BooleanField(default=True)
    entry_id = models.UUIDField(null=True)  # the ledger entry

    class Meta:
        indexes = [models.Index(fields=["case", "at"])]
