"""A server for those tests that need one, and accounts on it."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ihuman import IhumanClient

from .support import OwnServer


def _needs(name: str) -> str:
    value = os.environ.get(name)
    if value:
        return value
    reason = f"{name} says which server to use; `npm test -- test/e2e/sdk-py.test.ts` sets it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Account:
    url: str
    token: str
    email: str
    password: str


@pytest.fixture
def url() -> str:
    """A server that all tests share."""
    return _needs("IHUMAN_TEST_URL")


@pytest.fixture
def admin_key() -> str:
    return _needs("IHUMAN_TEST_KEY")


@pytest.fixture
async def account(url: str) -> Account:
    """An account of the test's own."""
    name = uuid.uuid4().hex[:16]
    email, password = f"{name}@example.com", "correct horse battery"
    async with IhumanClient(url) as client:
        await client.register(email, name, password)
        token = await client.get_token()
    assert token is not None
    return Account(url, token, email, password)


@pytest.fixture
async def client(account: Account) -> AsyncIterator[IhumanClient]:
    """A client that is signed in. Nothing of it may be left afterwards."""
    before = asyncio.all_tasks()
    client = IhumanClient(account.url, token=account.token)
    yield client
    await client.close()
    assert asyncio.all_tasks() <= before | {asyncio.current_task()}


@pytest.fixture
async def own_server(tmp_path: Path) -> AsyncIterator[OwnServer]:
    """A server that the test may kill."""
    _needs("IHUMAN_TEST_COMMAND")
    server = OwnServer(tmp_path / "data")
    await server.start()
    yield server
    server.kill()
