"""What one connection says, and what comes of what it hears."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ihuman import ConnectionFailedError, NotFoundError, ProtocolError, ValidationError
from ihuman._session import Again, FollowOptions, Pace, ReconnectError, Session
from ihuman._streams import Buffer

ANYTHING = FollowOptions()


def said(session: Session) -> list[dict[str, Any]]:
    """Everything that there is to say."""
    messages = []
    while (text := session.next_message()) is not None:
        messages.append(json.loads(text))
    return messages


def hear(session: Session, kind: str, execution_id: str | None = None, **fields: Any) -> None:
    about = {} if execution_id is None else {"executionId": execution_id}
    session.take(json.dumps({"type": kind, **about, **fields}))


def following(session: Session, execution_id: str = "x", options: FollowOptions = ANYTHING) -> Buffer:
    """A follower that the server has taken."""
    buffer = Buffer()
    session.follow(execution_id, buffer, options)
    request = said(session)[-1]["id"]
    hear(session, "subscribed", execution_id, id=request, epoch="e", seq=0)
    return buffer


def seqs(buffer: Buffer) -> list[Any]:
    return [event.get("seq") for event in buffer.events]


def test_many_executions_are_asked_for_in_few_messages_grouped_by_what_is_wanted() -> None:
    session = Session()
    endings = FollowOptions.of(types=["complete", "error"])
    for i in range(300):
        session.follow(f"x{i}", Buffer(), endings if i % 2 else ANYTHING)
    messages = said(session)
    assert [len(message["executions"]) for message in messages] == [128, 128, 22, 22]
    assert {message.get("types") is None for message in messages} == {True, False}
    assert len({each["id"] for message in messages for each in message["executions"]}) == 300


def test_after_a_lost_connection_each_goes_on_where_it_was_in_the_log_that_it_knows() -> None:
    session = Session()
    following(session)
    hear(session, "execution-log", "x", seq=1, message="m", level="info")
    session.opened()
    assert said(session) == [
        {"type": "subscribe", "id": 2, "executions": [{"id": "x", "since": {"seq": 1}}], "epoch": "e"}
    ]


def test_what_an_earlier_subscription_still_sends_is_not_taken_for_the_new_one() -> None:
    session = Session()
    first = following(session)
    session.unfollow("x", first)
    second = Buffer()
    session.follow("x", second, ANYTHING)
    assert [message["type"] for message in said(session)] == ["unsubscribe", "subscribe"]
    hear(session, "execution-log", "x", seq=7)
    hear(session, "subscribed", "x", id=1, seq=0)
    hear(session, "stream-end", "x", seq=9)
    hear(session, "subscribed", "x", id=2, seq=0)
    hear(session, "execution-log", "x", seq=1)
    assert seqs(second) == [1]
    assert not second.is_over


def test_an_execution_that_is_over_ends_once() -> None:
    session = Session()
    buffer = following(session)
    hear(session, "execution-complete", "x", seq=1, result=None, durationMs=1)
    hear(session, "stream-end", "x", seq=1)
    assert (seqs(buffer), buffer.is_over, buffer.error) == ([1], True, None)
    assert session.followings == {}
    assert said(session) == []


def test_the_present_state_on_request_is_no_event_and_no_end() -> None:
    session = Session()
    buffer = following(session)
    assert session.request_update("x")
    hear(session, "execution-complete", "x", snapshot=True, headSeq=9, result=1, durationMs=1)
    assert (seqs(buffer), buffer.is_over) == ([], False)
    assert not session.request_update("y")


def test_a_gap_is_told_and_moves_the_place_to_go_on_from() -> None:
    session = Session()
    buffer = following(session, options=FollowOptions.of({"tail": 2}))
    hear(session, "gap", "x", fromSeq=1, toSeq=5, reason="limit")
    session.opened()
    assert buffer.events[0]["type"] == "gap"
    assert said(session)[0]["executions"] == [{"id": "x", "since": {"seq": 5}}]


@pytest.mark.parametrize(
    ("refusal", "error", "code"),
    [
        ({"code": 102, "name": "unknown-execution"}, NotFoundError, "EXECUTION_NOT_FOUND"),
        ({"code": 106, "name": "limit-exceeded"}, ProtocolError, "limit-exceeded"),
    ],
)
def test_a_refused_subscription_ends_with_the_reason(refusal: Any, error: type[Exception], code: str) -> None:
    session, buffer = Session(), Buffer()
    session.follow("x", buffer, ANYTHING)
    said(session)
    hear(session, "error", "x", id=1, message="no", temporary=False, **refusal)
    assert isinstance(buffer.error, error)
    assert buffer.error.code == code


def test_a_message_that_was_refused_as_a_whole_ends_all_that_it_asked_for() -> None:
    session, buffers = Session(), [Buffer(), Buffer()]
    for i, buffer in enumerate(buffers):
        session.follow(f"x{i}", buffer, ANYTHING)
    said(session)
    hear(session, "error", id=1, code=107, name="bad-request", message="no", temporary=False)
    assert [type(buffer.error) for buffer in buffers] == [ProtocolError, ProtocolError]


def test_what_may_be_taken_later_is_asked_for_again_on_another_connection() -> None:
    session, buffer = Session(), Buffer()
    session.follow("x", buffer, ANYTHING)
    said(session)
    with pytest.raises(ReconnectError):
        hear(session, "error", code=111, name="rate-limited", temporary=True, message="slow")
    session.opened()
    assert len(said(session)) == 1
    assert not buffer.is_over


def test_a_refused_request_for_the_present_state_ends_nothing() -> None:
    session = Session()
    buffer = following(session)
    hear(session, "error", "x", id=None, code=102, temporary=False, message="no")
    assert not buffer.is_over


def test_who_waits_for_an_ending_shares_the_subscription_of_who_hears_everything() -> None:
    session = Session()
    all_of_it = following(session)
    ending = Buffer()
    assert session.join("x", ending)
    session.unfollow("x", all_of_it)
    assert said(session) == []
    hear(session, "execution-error", "x", seq=1, error="no", code="C", status="failed", durationMs=1)
    assert (len(ending.events), len(all_of_it.events), ending.is_over) == (1, 0, True)
    assert not session.join("y", ending)


def test_a_follower_may_leave_while_it_is_told() -> None:
    session = Session()
    buffer = following(session)
    buffer.wake = lambda: session.unfollow("x", buffer)
    hear(session, "execution-complete", "x", seq=1, result=None, durationMs=1)
    assert not buffer.is_over
    assert session.followings == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"type":1}',
        '{"type":"execution-log"}',
        '{"type":"execution-log","executionId":[]}',
        "[" * 100_000,
    ]
    + [json.dumps({"type": kind, "executionId": "x"}) for kind in ("gap", "error", "subscribed", "never-heard-of")],
)
def test_messages_that_make_no_sense_do_no_harm(text: str) -> None:
    session = Session()
    buffer = following(session)
    session.take(text)
    session.take(text.encode())
    hear(session, "execution-log", "x", seq=1)
    assert seqs(buffer) == [1]


@pytest.mark.parametrize("execution_id", ["", "x" * 81])
def test_an_id_that_no_execution_has_is_refused_before_it_spoils_a_message(execution_id: str) -> None:
    with pytest.raises(NotFoundError):
        Session().follow(execution_id, Buffer(), ANYTHING)


@pytest.mark.parametrize("since", ["later", 3, {"seq": -1}, {"seq": "1"}, {"seq": 1, "pos": "p"}, {}, {"pos": ""}])
def test_a_place_that_is_none_is_refused(since: Any) -> None:
    with pytest.raises(ValidationError, match="since"):
        FollowOptions.of(since)


def test_losses_without_news_wait_longer_and_longer_and_news_begins_anew() -> None:
    session = Session()
    following(session)

    def lose(lasted_ms: float = 1) -> float:
        fate = session.lost(1006, "", 0.5, lasted_ms=lasted_ms, can_refresh=False)
        assert isinstance(fate, Again)
        return fate.delay_ms

    assert [lose() for _ in range(9)] == [100, 200, 400, 800, 1600, 3200, 6400, 7500, 7500]
    hear(session, "execution-log", "x", seq=1)
    assert lose() == 100
    assert lose(lasted_ms=20_000) == 100


def test_a_connection_that_the_server_ends_for_good_ends_with_an_error() -> None:
    fate = Session().lost(4504, "too many", 0.5, lasted_ms=1, can_refresh=True)
    assert isinstance(fate, ConnectionFailedError)
    assert "too many" in fate.message


def test_no_more_is_said_than_the_server_takes() -> None:
    pace = Pace(100.0)
    assert [pace.wait(100.0) for _ in range(400)] == [0] * 400
    assert pace.wait(100.0) == pytest.approx(1 / 40)
    assert pace.wait(100.0) == pytest.approx(2 / 40)
    assert pace.wait(200.0) == 0
