"""Rates for tests whose matter is another one: none."""

from dataclasses import fields
from typing import Any

from trio_chat.rates import NO_LIMIT, Rates

NO_RATES: dict[str, Any] = {rate.name: NO_LIMIT for rate in fields(Rates)}
