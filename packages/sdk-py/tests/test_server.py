"""Everything on a real server, with both clients."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from ihuman import (
    AuthenticationError,
    Client,
    ConflictError,
    ExecutionFailedError,
    IhumanClient,
    NotFoundError,
    PermissionDeniedError,
    ValidationError,
)

from .conftest import Account
from .support import Either, client_of, until


@pytest.fixture(params=["async", "blocking"])
async def either(request: pytest.FixtureRequest, account: Account) -> AsyncIterator[Either]:
    """A client of each kind, signed in."""
    client = client_of(request.param, account.url, token=account.token, retry=None)
    yield client
    await client.close()


async def test_signing_in_is_told_and_used_from_then_on(account: Account, either: Either) -> None:
    told: list[Any] = []
    either.client.set_token(None)
    either.client.on("authenticated", told.append)
    with pytest.raises(AuthenticationError) as caught:
        await either("get_current_user")
    assert caught.value.code == "UNAUTHENTICATED"
    with pytest.raises(AuthenticationError) as caught:
        await either("authenticate", account.email, "wrong")
    assert caught.value.code == "CREDENTIALS_INVALID"
    user = await either("authenticate", account.email, account.password)
    assert user["email"] == account.email
    assert told == [user] == [await either("get_current_user")]
    token = await either("get_token")
    await either("logout")
    assert await either("get_token") is None
    either.client.set_token(token)
    with pytest.raises(AuthenticationError):
        await either("get_current_user")


async def test_an_account_that_exists_is_a_conflict(account: Account, either: Either) -> None:
    with pytest.raises(ConflictError) as caught:
        await either("register", account.email, "somebody", account.password)
    assert caught.value.code == "EMAIL_TAKEN"


async def test_skills_are_listed_searched_and_read(either: Either) -> None:
    frontend = await either("list_skills", category="frontend")
    assert [skill["id"] for skill in frontend] == ["react-setup"]
    assert (frontend.total, frontend.limit, frontend.offset) == (1, 50, 0)
    assert len(await either("list_skills", difficulty="intermediate", limit=1)) == 1
    assert [skill["id"] for skill in await either("search_skills", "react")] == ["react-setup"]
    assert (await either("get_skill", "noop"))["name"] == "noop"
    with pytest.raises(NotFoundError) as caught:
        await either("get_skill", "no/such skill")
    assert caught.value.code == "SKILL_NOT_FOUND"


@pytest.mark.parametrize("name", ["projectName", "project_name"])
async def test_parameters_go_through_untouched_and_the_shipped_skill_takes_both_spellings(
    either: Either, name: str
) -> None:
    result = await either("run", "react-setup", {name: "my-app", "typescript": True})
    assert result["projectName"] == "my-app"


async def test_parameters_that_do_not_fit_are_named(either: Either) -> None:
    with pytest.raises(ValidationError) as caught:
        await either("execute_skill", "react-setup", {"projectName": 3})
    assert (caught.value.code, caught.value.status) == ("PARAMS_INVALID", 422)
    assert caught.value.problems[0]["path"] == "/params/projectName"


async def test_an_execution_is_requested_followed_and_read(either: Either) -> None:
    requested = await either("execute_skill", "countdown", {"from": 3}, options={"priority": 5})
    execution_id = requested["executionId"]
    events = await either.events(execution_id)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert {event["type"] for event in events} == {"progress", "log", "complete"}
    assert events[-1]["result"] == {"counted": 3}
    assert await either.events(execution_id) == events
    assert (await either.events(execution_id, since={"seq": 2}))[0]["seq"] == 3
    assert [event["type"] for event in await either.events(execution_id, types=["complete"])] == ["complete"]
    tail = await either.events(execution_id, since={"tail": 2})
    assert [event["type"] for event in tail] == ["gap", "progress", "complete"]
    ended = await either("wait_for", execution_id)
    assert ended["duration"] == ended["durationMs"] > 0
    execution = await either("get_execution", execution_id)
    assert (execution["status"], execution["priority"]) == ("completed", 5)
    history = await either("get_execution_history", status="completed", limit=1)
    assert [each["executionId"] for each in history] == [execution_id]
    assert (await either("get_tree", execution_id))["tree"]


async def test_running_reports_what_happens(either: Either) -> None:
    progress: list[float] = []
    lines: list[str] = []
    result = await either(
        "run",
        "countdown",
        {"from": 2},
        on_progress=lambda event: progress.append(event["progress"]),
        on_log=lambda event: lines.append(event["message"]),
    )
    assert result == {"counted": 2}
    assert progress[-1] == 100
    assert lines


async def test_the_same_key_is_the_same_execution(either: Either) -> None:
    ids = {(await either("execute_skill", "noop", idempotency_key="once"))["executionId"] for _ in range(2)}
    assert len(ids) == 1


async def test_a_cancelled_execution_is_an_error_with_its_status_and_can_be_run_again(either: Either) -> None:
    requested = await either("execute_skill", "countdown", {"from": 500})
    execution_id = requested["executionId"]
    await either("cancel_execution", execution_id, "no more")
    with pytest.raises(ExecutionFailedError, match="no more") as caught:
        await either("wait_for", execution_id)
    assert caught.value.execution["status"] == "cancelled"
    again = await either("retry_execution", execution_id)
    assert again["executionId"] != execution_id
    await either("cancel_execution", again["executionId"])


async def test_an_execution_that_is_not_there_cannot_be_followed(either: Either) -> None:
    for execution_id in ("exec_none", "", "x" * 100):
        with pytest.raises(NotFoundError) as caught:
            await either("wait_for", execution_id)
        assert caught.value.code == "EXECUTION_NOT_FOUND"
    with pytest.raises(NotFoundError):
        await either("connect_websocket", "exec_none")


async def test_artifacts_are_listed_and_downloaded(either: Either) -> None:
    requested = await either("execute_skill", "react-setup", {"projectName": "my-app"})
    execution_id = requested["executionId"]
    await either("wait_for", execution_id)
    artifacts = await either("artifacts.list", execution_id)
    path = next(each["path"] for each in artifacts if each["path"].endswith("package.json"))
    content = await either("artifacts.download", execution_id, path)
    assert json.loads(content)["name"] == "my-app"
    with pytest.raises(NotFoundError):
        await either("artifacts.download", execution_id, "no/such file?")


async def test_webhooks_live_from_their_making_to_their_end(either: Either) -> None:
    hook = await either("webhooks.create", {"eventType": "order.*", "url": "https://hooks.example.com/in"})
    hook_id = hook["id"]
    assert hook["secret"].startswith("whsec_")
    assert [each["id"] for each in await either("webhooks.list")] == [hook_id]
    assert (await either("webhooks.update", hook_id, {"description": "orders"}))["id"] == hook_id
    await either("webhooks.disable", hook_id, "for a while")
    emitted = await either("emit_event", "order.paid", {"order": 7}, key="order-7")
    keyed = [await either("emit_event", "order.paid", {"order": 8}, idempotency_key="eight") for _ in range(2)]
    assert keyed[0] == keyed[1] != emitted
    assert (await either("webhooks.get", hook_id))["status"] == "disabled"
    await either("webhooks.enable", hook_id, "skip")
    assert (await either("webhooks.rotate_secret", hook_id, {"overlapMs": 1000}))["secret"] != hook["secret"]
    preview = await either("webhooks.preview", {"eventTypes": ["order.*"]})
    assert len(preview["events"]) == 2
    await either("webhooks.test", hook_id)
    deliveries = await until(
        "the test has failed, as nobody is there",
        lambda: either("webhooks.deliveries", hook_id, status="failed", limit=5),
    )
    await either("webhooks.retry_delivery", hook_id, deliveries[0]["id"])
    replay = await either("webhooks.replay", hook_id, {"scope": "all"})
    assert replay["replayId"]
    assert len(await either("webhooks.replays", hook_id)) == 1
    assert (await either("webhooks.stats"))["total"] >= 1
    await either("webhooks.delete", hook_id)
    with pytest.raises(NotFoundError):
        await either("webhooks.get", hook_id)


async def test_workflows_and_schedules_live_from_their_making_to_their_end(either: Either) -> None:
    step = {"skill": "noop", "params": {}}
    assert (await either("workflows.define", {"name": "nightly", "steps": {"first": step}}))["version"] == 1
    text = "name: nightly\nsteps:\n  first:\n    skill: noop\n  second:\n    skill: noop\n    needs: [first]\n"
    await either("workflows.check", text)
    assert (await either("workflows.define", text))["version"] == 2
    assert [each["name"] for each in await either("workflows.list")] == ["nightly"]
    assert (await either("workflows.get", "nightly"))["version"] == 2
    assert (await either("workflows.version", "nightly", 1))["version"] == 1
    assert len(await either("workflows.versions", "nightly")) == 2
    run = await either("workflows.run", "nightly", {}, version=1)
    assert (await either("wait_for", run["executionId"]))["status"] == "completed"
    assert len(await either("workflows.steps", run["executionId"])) == 1
    assert len(await either("workflows.runs", "nightly")) == 1

    options = {"workflowId": "nightly", "cronExpression": "0 3 * * *", "description": "Nightly cleanup"}
    assert len(await either("schedules.preview", {**options, "count": 2})) == 2
    schedule_id = (await either("schedules.create", options))["id"]
    assert [each["id"] for each in await either("schedules.list", status="active")] == [schedule_id]
    await either("schedules.update", schedule_id, {"cronExpression": "0 4 * * *"})
    assert (await either("schedules.pause", schedule_id, {"note": "holiday"}))["status"] == "paused"
    assert (await either("schedules.resume", schedule_id))["status"] == "active"
    assert len(await either("schedules.upcoming", schedule_id, 3)) == 3
    assert (await either("schedules.trigger", schedule_id))["position"]
    await until("the firing is there", lambda: either("schedules.executions", schedule_id))
    span = {"from": "2026-02-01T00:00:00Z", "until": "2026-02-02T00:00:00Z"}
    assert (await either("schedules.backfill", schedule_id, span))["backfillId"]
    assert (await either("schedules.stats"))["totalSchedules"] >= 1
    assert (await either("schedules.get", schedule_id))["cronExpression"] == "0 4 * * *"
    await either("schedules.delete", schedule_id)
    await either("workflows.delete", "nightly")
    with pytest.raises(NotFoundError):
        await either("workflows.get", "nightly")


async def test_api_keys_open_what_they_are_made_for(account: Account, either: Either) -> None:
    key = await either("api_keys.create", {"label": "reader", "scopes": ["skills:read"], "expiresInDays": 1})
    kind = "async" if isinstance(either.client, IhumanClient) else "blocking"
    reader = client_of(kind, account.url, token=None, api_key=key["key"])
    assert await reader("list_skills")
    with pytest.raises(PermissionDeniedError) as caught:
        await reader("execute_skill", "noop")
    assert caught.value.code == "FORBIDDEN"
    assert [each["keyId"] for each in await either("api_keys.list")] == [key["keyId"]]
    assert await either("api_keys.revoke", key["keyId"]) is None
    with pytest.raises(AuthenticationError):
        await reader("list_skills")
    await reader.close()


async def test_the_feed_tells_everything_once_and_goes_on_from_any_place(either: Either) -> None:
    for _ in range(3):
        await either("run", "noop")

    async def read(**options: Any) -> list[Any]:
        if isinstance(either.client, IhumanClient):
            return [record async for record in either.client.feed(follow=False, **options)]
        client: Client = either.client
        return await asyncio.to_thread(lambda: list(client.feed(follow=False, **options)))

    records = await read()
    assert len({record["id"] for record in records}) == len(records) >= 6
    assert await read(after=records[2]["sequence"]) == records[3:]
    of_one = [record for record in records if record["subject"] == records[-1]["subject"]]
    assert await read(stream=records[-1]["subject"]) == of_one
    completed = await read(types=["ExecutionCompleted"])
    assert [record["type"] for record in completed] == ["ihuman.ExecutionCompleted.v1"] * 3


async def test_the_feed_follows(client: IhumanClient) -> None:
    stream = client.feed(types=["ExecutionCompleted"])
    following = asyncio.ensure_future(anext(stream))
    await client.run("noop")
    assert (await following)["type"] == "ihuman.ExecutionCompleted.v1"
    await stream.aclose()


async def test_the_server_says_how_it_is(either: Either) -> None:
    assert (await either("get_system_status"))["status"]


async def test_two_clients_of_one_account_hear_the_same(account: Account, either: Either) -> None:
    async with IhumanClient(account.url, token=account.token) as other:
        requested = await other.execute_skill("countdown", {"from": 2})
        theirs = [event async for event in other.events(requested["executionId"])]
    assert await either.events(requested["executionId"]) == theirs


async def test_hundreds_of_executions_at_once_lose_nothing(client: IhumanClient) -> None:
    requested = await asyncio.gather(*(client.execute_skill("noop", {}) for _ in range(100)))

    async def seqs(execution_id: str) -> list[Any]:
        return [event.get("seq") async for event in client.events(execution_id)]

    told = await asyncio.gather(*(seqs(each["executionId"]) for each in requested))
    assert all(each == list(range(1, len(each) + 1)) for each in told)


async def test_nothing_is_left_open(account: Account) -> None:
    before = set(os.listdir("/proc/self/fd")) if sys.platform == "linux" else set()
    tasks = asyncio.all_tasks()
    async with IhumanClient(account.url, token=account.token) as client:
        await client.run("noop")
        requested = await client.execute_skill("countdown", {"from": 100})
        stream = client.events(requested["executionId"])
        await anext(stream)
        await client.connect_websocket(requested["executionId"])
        await client.cancel_execution(requested["executionId"])
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == tasks
    if sys.platform == "linux":
        await until("all sockets are closed", lambda: set(os.listdir("/proc/self/fd")) <= before)


@pytest.mark.parametrize("how", ["IhumanClient(URL)", "Client(URL)"])
def test_a_client_that_is_never_closed_says_nothing_at_the_end(account: Account, how: str) -> None:
    program = f"""
    import asyncio
    from ihuman import Client, IhumanClient
    URL = {account.url!r}
    client = {how}
    client.set_token({account.token!r})
    async def main():
        result = client.execute_skill("countdown", {{"from": 100}})
        result = await result if asyncio.iscoroutine(result) else result
        connected = client.connect_websocket(result["executionId"])
        if asyncio.iscoroutine(connected):
            await connected
            await anext(client.events(result["executionId"]))
        else:
            next(client.events(result["executionId"]))
    asyncio.run(main())
    print("done")
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "done\n", "")


def _shape(schema: dict[str, Any]) -> tuple[set[str], set[str]]:
    names = set(schema.get("properties", {}))
    required = set(schema.get("required", []))
    return required, names - required


async def test_the_types_are_what_the_servers_own_document_says(url: str) -> None:
    import ihuman.types as types

    async with httpx.AsyncClient() as http:
        paths = (await http.get(f"{url}/openapi.json")).json()["paths"]

    def answer(path: str, method: str = "get", status: str = "200", *inside: str) -> dict[str, Any]:
        schema = next(iter(paths[path][method]["responses"][status]["content"].values()))["schema"]
        for name in inside:
            schema = schema["items"] if name == "[]" else schema["properties"][name]
        return schema  # type: ignore[no-any-return]

    def body(path: str, method: str = "post") -> dict[str, Any]:
        schema = paths[path][method]["requestBody"]["content"]["application/json"]["schema"]
        return next((each for each in schema.get("anyOf", []) if each.get("type") == "object"), schema)

    execute = body("/api/skills/{id}/execute")
    del execute["properties"]["params"]
    execution = answer("/api/executions/{id}")
    status = answer("/api/system/status")
    cases: list[tuple[Any, dict[str, Any]]] = [
        (types.User, answer("/api/auth/me")),
        (types.Session, answer("/api/auth/login", "post")),
        (types.ApiKey, answer("/api/auth/keys", "get", "200", "keys", "[]")),
        (types.ApiKeyOptions, body("/api/auth/keys")),
        (types.SecretOptions, body("/api/webhooks/{id}/rotate-secret")),
        (types.NewApiKey, answer("/api/auth/keys", "post", "201")),
        (types.Skill, answer("/api/skills/{id}")),
        (types.Execution, execution),
        (types.Artifact, execution["properties"]["artifacts"]["items"]),
        (types.Cause, execution["properties"]["cause"]),
        (types.ExecutionError, execution["properties"]["error"]["anyOf"][0]),
        (types.ExecuteOptions, execute),
        (types.ExecutionRetry, execute["properties"]["retry"]),
        (types.Requested, answer("/api/skills/{id}/execute", "post", "202")),
        (types.Outcome, answer("/api/skills/{id}/execute", "post")),
        (types.Retried, answer("/api/executions/{id}/retry", "post", "202")),
        (types.ExecutionTree, answer("/api/executions/{id}/tree")),
        (types.LogRecord, answer("/api/executions/{id}/events", "get", "200", "events", "[]")),
        (types.CloudEvent, answer("/api/events", "get", "200", "[]")),
        (types.Emitted, answer("/api/events", "post", "202")),
        (types.Webhook, answer("/api/webhooks/{id}")),
        (types.WebhookChanges, body("/api/webhooks/{id}", "patch")),
        (types.DeliveryRetry, body("/api/webhooks/{id}", "patch")["properties"]["retry"]),
        (types.Changed, answer("/api/webhooks/{id}", "delete")),
        (types.NewSecret, answer("/api/webhooks/{id}/rotate-secret", "post")),
        (types.Delivery, answer("/api/webhooks/{id}/deliveries", "get", "200", "deliveries", "[]")),
        (types.ReplayOptions, body("/api/webhooks/{id}/replays")),
        (types.NewReplay, answer("/api/webhooks/{id}/replays", "post", "202")),
        (types.WebhookPreviewOptions, body("/api/webhooks/preview")),
        (types.WebhookPreview, answer("/api/webhooks/preview", "post")),
        (types.WebhookStats, answer("/api/webhooks/stats")),
        (types.Schedule, answer("/api/schedules/{id}")),
        (types.ScheduleChanges, body("/api/schedules/{id}", "patch")),
        (types.PauseOptions, body("/api/schedules/{id}/pause")),
        (types.BackfillRange, body("/api/schedules/{id}/backfill")),
        (types.NewBackfill, answer("/api/schedules/{id}/backfill", "post", "202")),
        (types.Triggered, answer("/api/schedules/{id}/trigger", "post", "202")),
        (types.FiringTime, answer("/api/schedules/{id}/upcoming", "get", "200", "upcoming", "[]")),
        (types.ScheduleStats, answer("/api/schedules/stats")),
        (types.Workflow, answer("/api/workflows/{name}")),
        (types.WorkflowDefinition, body("/api/workflows")),
        (types.WorkflowDeleted, answer("/api/workflows/{name}", "delete")),
        (types.SystemStatus, status),
        (types.ExecutionCounts, status["properties"]["executions"]),
    ]
    drifted = {
        kind.__name__: (set(kind.__required_keys__), set(kind.__optional_keys__), _shape(schema))
        for kind, schema in cases
        if (set(kind.__required_keys__), set(kind.__optional_keys__)) != _shape(schema)
    }
    assert drifted == {}
