"""The programs in the documents run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import Account

PACKAGE = Path(__file__).parents[1]
DOCUMENTS = [PACKAGE / "README.md", PACKAGE.parents[1] / "docs/how-to/use-the-python-sdk.md"]


def programs() -> list[Any]:
    found = []
    for document in DOCUMENTS:
        text = document.read_text() if document.exists() else ""
        for i, program in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL)):
            found.append(pytest.param(program, id=f"{document.name}-{i}"))
    return found


@pytest.mark.parametrize("program", programs())
def test_a_program_in_the_documents_runs(program: str, account: Account) -> None:
    for told, real in (
        ("http://localhost:5173", account.url),
        ("user@example.com", account.email),
        ('"password"', f'"{account.password}"'),
    ):
        program = program.replace(told, real)
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout
