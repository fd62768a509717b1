"""The dictionaries that go in and come out, as the server's OpenAPI document has them.

A server may send more than is named here: newer ones know more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, Literal, TypedDict, TypeVar

T = TypeVar("T")

Json = Any
ExecutionStatus = Literal[
    "queued", "running", "retrying", "cancelling", "completed", "failed", "timed-out", "cancelled", "expired"
]
Scope = Literal[
    "skills:read",
    "executions:read",
    "executions:write",
    "events:read",
    "events:write",
    "webhooks:read",
    "webhooks:write",
    "schedules:read",
    "schedules:write",
    "workflows:read",
    "workflows:write",
    "keys:write",
    "admin",
]
#: A token or API key, or what gives the present one: it is asked anew when the server does not take the last one.
TokenSource = str | Callable[[], str] | Callable[[], Awaitable[str]]


class Page(list[T], Generic[T]):
    """A list that knows what it is a page of: of `total` items the ones from `offset` on, at most `limit`."""

    total: int
    limit: int
    offset: int
    #: For the next page of executions: it stays right while new ones come.
    next_cursor: str | None

    def __init__(self, items: Sequence[T], about: Mapping[str, Any]) -> None:
        super().__init__(items)
        self.total = about.get("total", len(items))
        self.limit = about.get("limit", len(items))
        self.offset = about.get("offset", 0)
        self.next_cursor = about.get("nextCursor")


# Errors


class FieldProblem(TypedDict):
    """One field that is wrong: a JSON pointer and a sentence."""

    path: str
    message: str


class FailedExecution(TypedDict):
    """How an execution ended that did not complete."""

    executionId: str
    #: failed, timed-out, cancelled or expired
    status: str
    error: str
    code: str
    durationMs: int | None


# Accounts


class User(TypedDict):
    id: str
    email: str
    username: str
    role: str
    createdAt: str


class Session(TypedDict):
    token: str
    expiresAt: str
    user: User


class ApiKey(TypedDict):
    keyId: str
    label: str
    scopes: list[str]
    createdAt: str
    expiresAt: str | None


class _LabelAndScopes(TypedDict):
    label: str
    scopes: Sequence[Scope]


class ApiKeyOptions(_LabelAndScopes, total=False):
    expiresInDays: int


class NewApiKey(ApiKey):
    #: Shown this once.
    key: str


# Skills and executions


class Skill(TypedDict):
    id: str
    name: str
    version: str
    description: str
    category: str
    difficulty: str
    author: str
    tags: list[str]
    parameters: Json
    digest: str


class Artifact(TypedDict):
    path: str
    sizeBytes: int
    sha256: str
    url: str


class ExecutionError(TypedDict):
    code: str
    message: str
    stack: str | None


class Cause(TypedDict):
    kind: str
    id: str | None
    actor: str


class Execution(TypedDict):
    executionId: str
    skillId: str
    skillVersion: str
    skillDigest: str
    userId: str
    status: ExecutionStatus
    #: 0 to 100
    progress: float
    progressStatus: str | None
    params: Json
    result: Json
    error: ExecutionError | None
    #: How long the last attempt took; None before the end.
    durationMs: int | None
    attempt: int
    retry: Json
    timeoutMs: int
    priority: int
    mode: str | None
    cause: Cause
    createdAt: str
    runAt: str | None
    expiresAt: str | None
    startedAt: str | None
    endedAt: str | None
    artifacts: list[Artifact]
    revision: int


class _RetryAttempts(TypedDict):
    maxAttempts: int


class ExecutionRetry(_RetryAttempts, total=False):
    """How often a skill is tried, at `retry` of the options of a run."""

    initialDelayMs: int
    factor: float
    maxDelayMs: int


class ExecuteOptions(TypedDict, total=False):
    """What can be said about a run beside its parameters."""

    #: -100 to 100; higher runs first.
    priority: int
    #: Not to be started earlier (RFC 3339).
    runAt: str
    #: Instead of runAt: not to be started for this long.
    delayMs: int
    #: Expires when it was not started for this long after it was due.
    queueTtlMs: int
    #: Limit of one attempt.
    timeoutMs: int
    retry: ExecutionRetry


class Requested(TypedDict):
    """A run that is durable: it will happen."""

    executionId: str
    status: str
    position: str


class Retried(TypedDict):
    executionId: str
    position: str


class Outcome(TypedDict):
    """How a run ended that was waited for."""

    executionId: str
    status: str
    result: Json
    error: Json
    durationMs: int
    position: str


class LogRecord(TypedDict):
    """An event of the log, as histories have it."""

    id: str
    position: str
    type: str
    stream: str
    revision: int
    at: str
    actor: str
    causationId: str | None
    correlationId: str | None
    data: Json


class ExecutionTree(TypedDict):
    tree: dict[str, Any]
    truncated: bool


# What an execution tells live


class _About(TypedDict):
    executionId: str
    timestamp: str


class _Place(_About, total=False):
    #: Counts the execution's events from 1; not in snapshots.
    seq: int
    #: Cursor into the log; not in snapshots.
    pos: str
    #: The present state on request: it announces no event.
    snapshot: bool


class ProgressEvent(_Place):
    type: Literal["progress"]
    #: 0 to 100
    progress: float
    status: str


class LogEvent(_Place):
    type: Literal["log"]
    level: str
    message: str


class CompleteEvent(_Place):
    type: Literal["complete"]
    result: Json
    durationMs: int
    #: The same as `durationMs`.
    duration: int
    status: Literal["completed"]


class ErrorEvent(_Place):
    """The execution failed, timed out, expired or was cancelled."""

    type: Literal["error"]
    error: str
    code: str
    #: failed, timed-out, cancelled or expired
    status: str
    durationMs: int
    duration: int


class GapEvent(TypedDict):
    """Numbers that are not delivered: `limit` when that was asked for, `epoch` when the server has another log now."""

    type: Literal["gap"]
    executionId: str
    fromSeq: int
    toSeq: int
    reason: str


#: What an execution has to tell; `event["type"]` says which.
ExecutionEvent = ProgressEvent | LogEvent | CompleteEvent | ErrorEvent | GapEvent


class ConnectedEvent(TypedDict):
    #: False for the first time.
    reconnected: bool


class DisconnectedEvent(TypedDict):
    """A connection was lost. That says nothing about any execution."""

    code: int
    reason: str
    #: None: for good.
    retryInMs: float | None


EventName = Literal["authenticated", "connected", "disconnected", "progress", "log", "complete", "error", "gap"]
EventType = Literal["progress", "log", "complete", "error"]


class AfterSeq(TypedDict):
    seq: int


class AfterPos(TypedDict):
    pos: str


class AfterTime(TypedDict):
    time: str


class Tail(TypedDict):
    tail: int


#: Where to begin: at the first event, with what happens from now on, strictly after a number, place or time, or with the last ones.
Since = Literal["start", "now"] | AfterSeq | AfterPos | AfterTime | Tail
#: What to do with progress of which a slow reader is far behind: the newest only (`auto`), all of it, or never more than the newest.
Conflate = Literal["auto", "never", "always"]


# The log


class _CloudEvent(TypedDict):
    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    #: Cursor: give it as `after` to go on behind this event.
    sequence: str
    streamrevision: int
    actor: str
    data: Json


class CloudEvent(_CloudEvent, total=False):
    """An event of the log, as feeds have it (CloudEvents 1.0)."""

    causationid: str
    correlationid: str


class Emitted(TypedDict):
    eventId: str
    position: str


# Webhooks


class DeliveryRetry(TypedDict):
    attempts: int
    initialDelayMs: int
    factor: float
    maxDelayMs: int


class WebhookChanges(TypedDict, total=False):
    """What of a webhook can be changed: the settings in docs/reference/webhooks.md."""

    url: str
    eventType: str
    eventTypes: Sequence[str]
    skills: Sequence[str] | None
    description: str
    customHeaders: Mapping[str, str]
    retryDelaysMs: Sequence[int]
    retry: DeliveryRetry
    jitter: float
    timeoutMs: int
    concurrency: int
    ratePerSecond: float | None
    ordering: Literal["none", "endpoint", "key"]
    disableAfterMs: int | None


class WebhookOptions(WebhookChanges, total=False):
    #: Made for you when none is given.
    secret: str


class Webhook(TypedDict):
    id: str
    status: str
    eventType: str
    eventTypes: list[str]
    url: str
    createdAt: str


class NewWebhook(Webhook, total=False):
    #: When it was made for you: shown this once.
    secret: str


class Changed(TypedDict):
    id: str
    position: str | None


class SecretOptions(TypedDict, total=False):
    #: Made for you when none is given.
    secret: str
    #: How long the old one signs beside it; default a day.
    overlapMs: int


class NewSecret(Changed, total=False):
    secret: str


class Delivery(TypedDict):
    id: str
    webhookId: str
    eventId: str
    event: str
    #: pending, delivered, failed or skipped
    status: str
    attempts: list[dict[str, Any]]
    nextAttemptAt: str | None


class ReplayOptions(TypedDict, total=False):
    #: A position or a time.
    since: str
    scope: Literal["missing", "all"]


class NewReplay(TypedDict):
    replayId: str


class _PreviewWanted(TypedDict):
    eventTypes: Sequence[str]


class WebhookPreviewOptions(_PreviewWanted, total=False):
    skills: Sequence[str] | None
    #: A position or a time.
    since: str
    limit: int


class WebhookPreview(TypedDict):
    events: list[LogRecord]
    next: str
    complete: bool


class WebhookStats(TypedDict):
    total: int
    delivered: int
    pending: int
    failed: int
    #: As in `"98.00%"`.
    successRate: str


class WebhookPayload(TypedDict):
    """A delivery as it arrives."""

    event: str
    timestamp: str
    data: dict[str, Any]
    userId: str
    webhookId: str


# Schedules


class ScheduleChanges(TypedDict, total=False):
    """What of a schedule can be changed: the settings in docs/reference/schedules.md."""

    cronExpression: str
    timeZone: str
    description: str
    workflowId: str | None
    skillId: str | None
    params: Mapping[str, Any]
    overlap: Literal["skip", "bufferOne", "bufferAll", "cancelOther", "terminateOther", "allowAll"]
    misfire: Literal["skip", "one", "all"]
    catchUpWindowMs: int
    jitterMs: int
    startAt: str | None
    endAt: str | None
    maxRuns: int | None
    pauseAfterFailures: int | None
    skippedTimes: Literal["shift", "skip"]
    repeatedTimes: Literal["auto", "first", "last", "both"]


class ScheduleOptions(ScheduleChanges):
    """A schedule to be made: `cronExpression` and `workflowId` or `skillId`, and the settings that differ from the defaults."""


class SchedulePreviewOptions(ScheduleChanges, total=False):
    count: int


class Schedule(TypedDict):
    id: str
    status: str
    cronExpression: str


class FiringTime(TypedDict):
    scheduledFor: str
    dueAt: str


class PauseOptions(TypedDict, total=False):
    note: str
    #: Resumes then by itself.
    until: str


#: From a time up to another one. (Its keys are no names in Python, hence this form.)
BackfillRange = TypedDict("BackfillRange", {"from": str, "until": str})


class NewBackfill(TypedDict):
    backfillId: str


class Triggered(TypedDict):
    executionId: str | None
    position: str


class ScheduleStats(TypedDict):
    totalSchedules: int
    totalExecutions: int
    schedules: list[dict[str, Any]]


# Workflows


class _WorkflowSteps(TypedDict):
    name: str
    steps: Mapping[str, Any]


class WorkflowDefinition(_WorkflowSteps, total=False):
    description: str
    input: Mapping[str, Any]
    output: Json
    timeoutMs: int


class Workflow(TypedDict):
    name: str
    version: int
    description: str


class WorkflowDeleted(TypedDict):
    name: str
    position: str | None


# The server


class ExecutionCounts(TypedDict):
    total: int
    byStatus: dict[str, int]


class _Status(TypedDict):
    status: str
    version: str
    node: str
    startedAt: str
    uptimeMs: float
    head: str
    executions: ExecutionCounts
    skills: int


class SystemStatus(_Status, total=False):
    """What administrators are told beside the rest is optional."""

    log: Json
    cluster: Json
    readModels: Json
    runner: Json
    websocket: Json
    users: Json
    skillProblems: Json
    memory: Json
