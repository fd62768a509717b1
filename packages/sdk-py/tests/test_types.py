"""What type checkers are told; `mypy --strict` is the judge. The functions are never called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ihuman import Client, IhumanClient
from ihuman.types import (
    CompleteEvent,
    Execution,
    ExecutionEvent,
    NewWebhook,
    Page,
    ProgressEvent,
    Requested,
    Skill,
    User,
    Webhook,
)

if TYPE_CHECKING:
    from typing_extensions import assert_type


def on_progress(data: ProgressEvent) -> None:
    assert_type(data["progress"], float)


async def awaiting(client: IhumanClient) -> None:
    assert_type(await client.authenticate("a@example.com", "p"), User)
    assert_type(await client.list_skills(category="frontend"), Page[Skill])
    assert_type(await client.execute_skill("noop", {}, options={"priority": 1}), Requested)
    assert_type(await client.get_execution("x"), Execution)
    assert_type(await client.wait_for("x"), CompleteEvent)
    assert_type(await client.run("noop"), Any)
    assert_type(await client.webhooks.create({"url": "https://example.com", "eventType": "*"}), NewWebhook)
    assert_type(await client.webhooks.list(), Page[Webhook])
    async for event in client.events("x"):
        assert_type(event, ExecutionEvent)
        if event["type"] == "complete":
            assert_type(event["duration"], int)
        elif event["type"] == "progress":
            assert_type(event["progress"], float)
            event["result"]  # type: ignore[typeddict-item]
    client.on("progress", on_progress)
    client.on("complete", on_progress)  # type: ignore[call-overload]
    client.on("progres", print)  # type: ignore[call-overload]
    await client.execute_skill("noop", {}, options={"priorty": 1})  # type: ignore[arg-type]
    await client.list_skills(kategory="x")  # type: ignore[call-arg]
    await client.get_execution_history(status="done")  # type: ignore[arg-type]


def blocking(client: Client) -> None:
    assert_type(client.authenticate("a@example.com", "p"), User)
    assert_type(client.list_skills(category="frontend"), Page[Skill])
    assert_type(client.execute_skill("noop", {}), Requested)
    assert_type(client.webhooks.get("x"), Webhook)
    assert_type(client.wait_for("x"), CompleteEvent)
    for event in client.events("x"):
        assert_type(event, ExecutionEvent)


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type[Any]) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert methods(IhumanClient) == methods(Client)
