"""docs/limits.md names every limit there is, with the value that it has."""

import re
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

from trio_chat.config import Config

TEXT = (Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z_/]+)\.py` ((?:`[A-Z_]+`(?:, )?)+) \| ([0-9, ]+) \|", re.MULTILINE)
FIXED = [
    (module.replace("/", "."), name.strip("`"), int(value.replace(",", "")))
    for module, names, values in ROW.findall(TEXT)
    for name, value in zip(names.split(", "), values.split(", "), strict=True)
]


@pytest.mark.parametrize(
    "name", [one.name for one in fields(Config) if one.metadata["group"] == "limits"]
)
def test_every_limit_is_described(name: str) -> None:
    """By its flag."""
    assert f"`--{name.replace('_', '-')}`" in TEXT


def test_there_are_fixed_numbers() -> None:
    """The table is read as it is written."""
    assert len(FIXED) == TEXT.partition("## Fixed numbers")[2].count(".py`") + sum(
        names.count(", ") for _, names, _ in ROW.findall(TEXT)
    )


@pytest.mark.parametrize(("module", "name", "value"), FIXED)
def test_every_fixed_number_is_told_as_it_is(module: str, name: str, value: int) -> None:
    """Numbers that are no settings, too."""
    assert getattr(import_module(f"trio_chat.{module}"), name) == value
