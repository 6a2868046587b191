"""All cases of the kit."""

from tests.protocol import (
    cases_hello,
    cases_http,
    cases_plain,
    cases_reading,
    cases_rooms,
    cases_writing,
)
from tests.protocol.case import CASES, Case

MODULES = (cases_hello, cases_rooms, cases_writing, cases_reading, cases_plain, cases_http)

__all__ = ["CASES", "MODULES", "Case"]
