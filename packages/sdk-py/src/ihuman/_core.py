"""The methods of both clients that are one call each, and what else they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from ._calls import Answer, Call, given, json_of, page_of, place
from ._emitter import Emitter, Handlers
from ._endpoints import Endpoints, H, endpoint
from ._resources import ApiKeys, Artifacts, Schedules, Webhooks, Workflows
from .errors import ExecutionFailedError, ProtocolError
from .types import (
    CloudEvent,
    Emitted,
    ExecuteOptions,
    Execution,
    ExecutionEvent,
    ExecutionStatus,
    ExecutionTree,
    LogEvent,
    Outcome,
    Page,
    ProgressEvent,
    Requested,
    Retried,
    Session,
    Skill,
    SystemStatus,
    TokenSource,
    User,
)

DEFAULT_URL = "http://localhost:5173"
#: Seconds that the server is asked to wait for an outcome.
WAIT = 30
FEED_PAGE = 500
FEED_WAIT = 20
FEED_PAUSE = 0.25


class Core(Endpoints[H], Handlers):
    """What both clients do by one request."""

    def __init__(self, http: H, emitter: Emitter) -> None:
        Endpoints.__init__(self, http)
        Handlers.__init__(self, emitter)
        self.webhooks: Webhooks[H] = Webhooks(http)
        self.schedules: Schedules[H] = Schedules(http)
        self.workflows: Workflows[H] = Workflows(http)
        self.api_keys: ApiKeys[H] = ApiKeys(http)
        self.artifacts: Artifacts[H] = Artifacts(http)

    @endpoint
    def get_current_user(self) -> Call[User]:
        """Who is signed in."""
        return Call("GET", "/api/auth/me")

    @endpoint
    def list_skills(
        self, category: str | None = None, difficulty: str | None = None, limit: int = 50, offset: int = 0
    ) -> Call[Page[Skill]]:
        """A page of skills: a list that also has `total`, `limit` and `offset`."""
        query = given(category=category, difficulty=difficulty, limit=limit, offset=offset)
        return Call("GET", "/api/skills", page_of("skills"), query)

    @endpoint
    def search_skills(self, query: str, limit: int = 50, offset: int = 0) -> Call[Page[Skill]]:
        """Skills that have all words of the text in name, description, category or tags; the best ones first."""
        return Call("GET", "/api/skills/search", page_of("skills"), {"q": query, "limit": limit, "offset": offset})

    @endpoint
    def get_skill(self, skill_id: str) -> Call[Skill]:
        """One skill, with its parameters."""
        return Call("GET", f"/api/skills/{place(skill_id)}")

    @endpoint
    def execute_skill(
        self,
        skill_id: str,
        params: Mapping[str, Any] | None = None,
        *,
        options: ExecuteOptions | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Requested]:
        """Requests a run; answered when that is durable. Repeating it after an error of the network runs it once all the same."""
        return executing(skill_id, params, options, idempotency_key)

    @endpoint
    def get_execution(self, execution_id: str) -> Call[Execution]:
        """One execution as it is."""
        return Call("GET", f"/api/executions/{place(execution_id)}")

    @endpoint
    def get_execution_history(
        self,
        limit: int = 50,
        offset: int = 0,
        status: ExecutionStatus | None = None,
        *,
        skill_id: str | None = None,
        cursor: str | None = None,
    ) -> Call[Page[Execution]]:
        """A page of executions, newest first: a list that also has `total`, `limit`, `offset` and `next_cursor`."""
        query = given(limit=limit, offset=offset, status=status, skillId=skill_id, cursor=cursor)
        return Call("GET", "/api/executions", page_of("executions"), query)

    @endpoint
    def cancel_execution(self, execution_id: str, reason: str | None = None) -> Call[Execution]:
        """Asks an execution to stop."""
        return Call("POST", f"/api/executions/{place(execution_id)}/cancel", body=given(reason=reason))

    @endpoint
    def retry_execution(self, execution_id: str, *, idempotency_key: str | None = None) -> Call[Retried]:
        """Runs again what has ended; a run of a workflow goes on from the steps that failed."""
        path = f"/api/executions/{place(execution_id)}/retry"
        return Call("POST", path, creates=True, idempotency_key=idempotency_key)

    @endpoint
    def get_tree(self, execution_id: str) -> Call[ExecutionTree]:
        """What led to an execution, and what came of it."""
        return Call("GET", f"/api/executions/{place(execution_id)}/tree")

    @endpoint
    def get_system_status(self) -> Call[SystemStatus]:
        """How the server is; administrators are told more."""
        return Call("GET", "/api/system/status")

    @endpoint
    def emit_event(
        self,
        event: str,
        data: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Emitted]:
        """Tells of an event of your own: it goes into the log, and to the webhooks that want it.

        `key` names what it is about, for webhooks that keep the order of each key.
        """
        body = given(event=event, data=data or {}, key=key)
        return Call("POST", "/api/events", body=body, creates=True, idempotency_key=idempotency_key)

    def set_token(self, token: TokenSource | None) -> None:
        """From now on."""
        self._http.tokens.use(token)

    def _signed_in(self, session: Session) -> User:
        self._http.tokens.use(session["token"])
        self._emitter.emit("authenticated", session["user"])
        return session["user"]


def signing_in(email: str, password: str) -> Call[Session]:
    """Begins a session."""
    return Call("POST", "/api/auth/login", body={"email": email, "password": password}, is_open=True, settles=True)


def registering(email: str, username: str, password: str) -> Call[Session]:
    """Makes an account and begins a session."""
    body = {"email": email, "username": username, "password": password}
    return Call("POST", "/api/auth/register", body=body, is_open=True)


SIGN_OUT: Call[None] = Call("POST", "/api/auth/logout", settles=True)


def executing(
    skill_id: str,
    params: Mapping[str, Any] | None,
    options: ExecuteOptions | None,
    idempotency_key: str | None,
) -> Call[Requested]:
    """A run of a skill."""
    path = f"/api/skills/{place(skill_id)}/execute"
    body = {**(options or {}), "params": params or {}}
    return Call("POST", path, body=body, creates=True, idempotency_key=idempotency_key)


def running(
    skill_id: str,
    params: Mapping[str, Any] | None,
    options: ExecuteOptions | None,
    idempotency_key: str | None,
) -> Call[Outcome | Requested]:
    """A run of a skill whose outcome is waited for a while."""
    call = executing(skill_id, params, options, idempotency_key)
    return Call(
        call.method,
        call.path,
        body=call.body,
        headers={"prefer": f"wait={WAIT}"},
        creates=True,
        idempotency_key=idempotency_key,
        patience=WAIT,
    )


def result_of(outcome: Outcome) -> Any:
    """What a run gave; raises ExecutionFailedError when it did not complete."""
    if outcome["status"] == "completed":
        return outcome["result"]
    error = outcome["error"]
    found = error if isinstance(error, dict) else {"message": error}
    raise ExecutionFailedError(
        {
            "executionId": outcome["executionId"],
            "status": outcome["status"],
            "error": str(found.get("message") or "It failed."),
            "code": str(found.get("code") or "FAILED"),
            "durationMs": outcome.get("durationMs"),
        }
    )


def pass_on(
    event: ExecutionEvent,
    on_progress: Callable[[ProgressEvent], None] | None,
    on_log: Callable[[LogEvent], None] | None,
) -> None:
    """Tells who runs a skill what happens on the way."""
    if on_progress is not None and event["type"] == "progress":
        on_progress(event)
    elif on_log is not None and event["type"] == "log":
        on_log(event)


def is_outcome(answer: Outcome | Requested) -> bool:
    """The run has ended."""
    return "durationMs" in answer


def feeding(
    after: str | None, types: Sequence[str] | None, stream: str | None, follow: bool
) -> Call[tuple[list[CloudEvent], str | None]]:
    """One page of the log, and from where to go on."""
    query = given(after=after, limit=FEED_PAGE, types=types, stream=stream, waitMs=FEED_WAIT * 1000 if follow else 0)
    headers = {"accept": "application/cloudevents-batch+json"}
    return Call("GET", "/api/events", _feed_page, query, headers=headers, patience=FEED_WAIT)


def _feed_page(answer: Answer) -> tuple[list[CloudEvent], str | None]:
    records = json_of(answer)
    if not isinstance(records, list):
        raise ProtocolError("The answer is no list of events.", code="BAD_ANSWER", status=answer.status)
    return cast("list[CloudEvent]", records), answer.headers.get("position-next")
