"""Webhooks, schedules, workflows, API keys and artifacts of the account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ._calls import Answer, Call, field_of, given, page_of, place
from ._endpoints import Endpoints, H, endpoint
from .types import (
    ApiKey,
    ApiKeyOptions,
    Artifact,
    BackfillRange,
    Changed,
    Delivery,
    Execution,
    FiringTime,
    NewApiKey,
    NewBackfill,
    NewReplay,
    NewSecret,
    NewWebhook,
    Page,
    PauseOptions,
    ReplayOptions,
    Requested,
    Schedule,
    ScheduleChanges,
    ScheduleOptions,
    SchedulePreviewOptions,
    ScheduleStats,
    SecretOptions,
    Triggered,
    Webhook,
    WebhookChanges,
    WebhookOptions,
    WebhookPreview,
    WebhookPreviewOptions,
    WebhookStats,
    Workflow,
    WorkflowDefinition,
    WorkflowDeleted,
)
from .webhooks import verify_webhook

MAX_DOWNLOAD_BYTES = 256 * 1024 * 1024


class Webhooks(Endpoints[H]):
    """Addresses that hear of events."""

    @endpoint
    def create(self, options: WebhookOptions, *, idempotency_key: str | None = None) -> Call[NewWebhook]:
        """Makes one; the answer has the `secret` when none was given, this once."""
        return Call("POST", "/api/webhooks", body=options, creates=True, idempotency_key=idempotency_key)

    @endpoint
    def list(self, *, limit: int | None = None, offset: int | None = None) -> Call[Page[Webhook]]:
        """A page of them."""
        return Call("GET", "/api/webhooks", page_of("webhooks"), given(limit=limit, offset=offset))

    @endpoint
    def get(self, webhook_id: str) -> Call[Webhook]:
        """One of them."""
        return Call("GET", _webhook(webhook_id))

    @endpoint
    def update(self, webhook_id: str, changes: WebhookChanges) -> Call[Webhook]:
        """Changes what is named."""
        return Call("PATCH", _webhook(webhook_id), body=changes)

    @endpoint
    def delete(self, webhook_id: str) -> Call[Changed]:
        """Ends it; what waits is skipped."""
        return Call("DELETE", _webhook(webhook_id))

    @endpoint
    def enable(self, webhook_id: str, backlog: Literal["deliver", "skip"] = "deliver") -> Call[Changed]:
        """Goes on, with or without what passed meanwhile."""
        return Call("POST", _webhook(webhook_id, "/enable"), body={"backlog": backlog}, settles=True)

    @endpoint
    def disable(self, webhook_id: str, note: str = "") -> Call[Changed]:
        """Delivers nothing until it is enabled."""
        return Call("POST", _webhook(webhook_id, "/disable"), body={"note": note}, settles=True)

    @endpoint
    def rotate_secret(self, webhook_id: str, options: SecretOptions | None = None) -> Call[NewSecret]:
        """A new secret; the old one signs beside it for a while. The answer has it when it was made, this once."""
        return Call("POST", _webhook(webhook_id, "/rotate-secret"), body=options or {})

    @endpoint
    def test(self, webhook_id: str) -> Call[Changed]:
        """Delivers a `webhook.test` event."""
        return Call("POST", _webhook(webhook_id, "/test"))

    @endpoint
    def deliveries(
        self,
        webhook_id: str,
        *,
        status: Literal["pending", "delivered", "failed", "skipped"] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Call[Page[Delivery]]:
        """The history: every attempt of every delivery."""
        query = given(status=status, limit=limit, offset=offset)
        return Call("GET", _webhook(webhook_id, "/deliveries"), page_of("deliveries"), query)

    @endpoint
    def retry_delivery(self, webhook_id: str, delivery_id: str) -> Call[Changed]:
        """One delivery once more."""
        return Call("POST", _webhook(webhook_id, f"/deliveries/{place(delivery_id)}/retry"))

    @endpoint
    def replay(self, webhook_id: str, options: ReplayOptions | None = None) -> Call[NewReplay]:
        """Delivers past events: the missing ones, or all."""
        return Call("POST", _webhook(webhook_id, "/replays"), body=options or {})

    @endpoint
    def replays(self, webhook_id: str) -> Call[Sequence[dict[str, Any]]]:
        """What became of them."""
        return Call("GET", _webhook(webhook_id, "/replays"), field_of("replays"))

    @endpoint
    def preview(self, options: WebhookPreviewOptions) -> Call[WebhookPreview]:
        """What a filter would have matched; sends nothing."""
        return Call("POST", "/api/webhooks/preview", body=options, settles=True)

    #: `verify_webhook`: is a delivery what it claims to be?
    verify = staticmethod(verify_webhook)

    @endpoint
    def stats(self) -> Call[WebhookStats]:
        """How many deliveries there are, by outcome."""
        return Call("GET", "/api/webhooks/stats")


def _webhook(webhook_id: str, rest: str = "") -> str:
    return f"/api/webhooks/{place(webhook_id)}{rest}"


class Schedules(Endpoints[H]):
    """Skills and workflows by the clock."""

    @endpoint
    def create(self, options: ScheduleOptions, *, idempotency_key: str | None = None) -> Call[Schedule]:
        """Makes one."""
        return Call("POST", "/api/schedules", body=options, creates=True, idempotency_key=idempotency_key)

    @endpoint
    def list(
        self,
        *,
        status: Literal["active", "paused"] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Call[Page[Schedule]]:
        """A page of them."""
        query = given(status=status, limit=limit, offset=offset)
        return Call("GET", "/api/schedules", page_of("schedules"), query)

    @endpoint
    def get(self, schedule_id: str) -> Call[Schedule]:
        """One of them."""
        return Call("GET", _schedule(schedule_id))

    @endpoint
    def update(self, schedule_id: str, changes: ScheduleChanges) -> Call[Schedule]:
        """Changes what is named."""
        return Call("PATCH", _schedule(schedule_id), body=changes)

    @endpoint
    def delete(self, schedule_id: str) -> Call[Changed]:
        """Ends it."""
        return Call("DELETE", _schedule(schedule_id))

    @endpoint
    def pause(self, schedule_id: str, options: PauseOptions | None = None) -> Call[Schedule]:
        """Fires nothing until it is resumed."""
        return Call("POST", _schedule(schedule_id, "/pause"), body=options or {}, settles=True)

    @endpoint
    def resume(self, schedule_id: str, note: str = "") -> Call[Schedule]:
        """Goes on."""
        return Call("POST", _schedule(schedule_id, "/resume"), body={"note": note}, settles=True)

    @endpoint
    def trigger(self, schedule_id: str) -> Call[Triggered]:
        """Fires now."""
        return Call("POST", _schedule(schedule_id, "/trigger"))

    @endpoint
    def backfill(self, schedule_id: str, span: BackfillRange) -> Call[NewBackfill]:
        """Runs for the times of the past."""
        return Call("POST", _schedule(schedule_id, "/backfill"), body=span)

    @endpoint
    def upcoming(self, schedule_id: str, count: int = 5) -> Call[Sequence[FiringTime]]:
        """The next times."""
        return Call("GET", _schedule(schedule_id, "/upcoming"), field_of("upcoming"), {"count": count})

    @endpoint
    def executions(
        self,
        schedule_id: str,
        *,
        outcome: Literal["fired", "skipped"] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Call[Page[dict[str, Any]]]:
        """What became of each time, and why."""
        query = given(outcome=outcome, limit=limit, offset=offset)
        return Call("GET", _schedule(schedule_id, "/executions"), page_of("executions"), query)

    @endpoint
    def preview(self, options: SchedulePreviewOptions) -> Call[Sequence[FiringTime]]:
        """When a schedule would fire; makes none."""
        return Call("POST", "/api/schedules/preview", field_of("upcoming"), body=options, settles=True)

    @endpoint
    def stats(self) -> Call[ScheduleStats]:
        """How often they fired."""
        return Call("GET", "/api/schedules/stats")


def _schedule(schedule_id: str, rest: str = "") -> str:
    return f"/api/schedules/{place(schedule_id)}{rest}"


class Workflows(Endpoints[H]):
    """Skills put together. A definition is a dictionary, or YAML as text."""

    @endpoint
    def define(self, definition: WorkflowDefinition | str) -> Call[Workflow]:
        """Defines a workflow, or its next version."""
        return _defining("/api/workflows", definition, settles=False)

    @endpoint
    def check(self, definition: WorkflowDefinition | str) -> Call[dict[str, Any]]:
        """What is wrong with a definition; makes nothing."""
        return _defining("/api/workflows/check", definition, settles=True)

    @endpoint
    def list(self, *, limit: int | None = None, offset: int | None = None) -> Call[Page[Workflow]]:
        """A page of them."""
        return Call("GET", "/api/workflows", page_of("workflows"), given(limit=limit, offset=offset))

    @endpoint
    def get(self, name: str) -> Call[Workflow]:
        """The newest version of one."""
        return Call("GET", _workflow(name))

    @endpoint
    def versions(self, name: str) -> Call[Sequence[dict[str, Any]]]:
        """All versions of one."""
        return Call("GET", _workflow(name, "/versions"), field_of("versions"))

    @endpoint
    def version(self, name: str, version: int) -> Call[Workflow]:
        """One version of one."""
        return Call("GET", _workflow(name, f"/versions/{version}"))

    @endpoint
    def delete(self, name: str) -> Call[WorkflowDeleted]:
        """Ends it; runs that are under way go on."""
        return Call("DELETE", _workflow(name))

    @endpoint
    def run(
        self,
        name: str,
        params: Mapping[str, Any] | None = None,
        *,
        version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Requested]:
        """Runs one; what comes of it is an execution like any other."""
        body = given(params=params or {}, version=version)
        return Call("POST", _workflow(name, "/run"), body=body, creates=True, idempotency_key=idempotency_key)

    @endpoint
    def runs(self, name: str, *, limit: int | None = None, offset: int | None = None) -> Call[Page[Execution]]:
        """Its runs, newest first."""
        query = given(limit=limit, offset=offset)
        return Call("GET", _workflow(name, "/runs"), page_of("executions"), query)

    @endpoint
    def steps(self, execution_id: str) -> Call[Sequence[dict[str, Any]]]:
        """The steps of a run."""
        return Call("GET", f"/api/executions/{place(execution_id)}/steps", field_of("steps"))


def _workflow(name: str, rest: str = "") -> str:
    return f"/api/workflows/{place(name)}{rest}"


def _defining(path: str, definition: WorkflowDefinition | str, *, settles: bool) -> Call[Any]:
    if isinstance(definition, str):
        headers = {"content-type": "application/yaml"}
        return Call("POST", path, body=definition.encode(), headers=headers, settles=settles)
    return Call("POST", path, body=definition, settles=settles)


class ApiKeys(Endpoints[H]):
    """Keys of the account."""

    @endpoint
    def create(self, options: ApiKeyOptions) -> Call[NewApiKey]:
        """The answer has the `key`, this once."""
        return Call("POST", "/api/auth/keys", body=options)

    @endpoint
    def list(self) -> Call[Sequence[ApiKey]]:
        """All of them, without what is secret."""
        return Call("GET", "/api/auth/keys", field_of("keys"))

    @endpoint
    def revoke(self, key_id: str) -> Call[None]:
        """Nobody gets in with it any more."""
        return Call("DELETE", f"/api/auth/keys/{place(key_id)}", _nothing)


class Artifacts(Endpoints[H]):
    """Files that executions left."""

    @endpoint
    def list(self, execution_id: str) -> Call[Sequence[Artifact]]:
        """What there is."""
        return Call("GET", _artifacts(execution_id), field_of("artifacts"))

    @endpoint
    def download(self, execution_id: str, path: str) -> Call[bytes]:
        """One file, at most 256 MiB."""
        return Call(
            "GET",
            f"{_artifacts(execution_id)}/{'/'.join(map(place, path.split('/')))}",
            _content,
            headers={"accept": "*/*"},
            max_answer_bytes=MAX_DOWNLOAD_BYTES,
        )


def _artifacts(execution_id: str) -> str:
    return f"/api/executions/{place(execution_id)}/artifacts"


def _content(answer: Answer) -> bytes:
    return answer.content


def _nothing(_: Answer) -> None:
    return None
