"""Times that a server or a file tells, which may be any numbers, as dates that a calendar has."""

from datetime import UTC, datetime

LATEST = 253_402_214_400_000  # milliseconds since 1970: the last day of the year 9999 in any zone


def local(ts: int) -> datetime:
    """Return a time in milliseconds since 1970, in the zone of whoever reads it.

    One that no calendar has is the nearest that one has.
    """
    moment = utc(ts)
    try:
        return moment.astimezone()
    except ValueError:  # TZ is a day away, or further
        return moment


def utc(ts: int) -> datetime:
    """Return the same time in UTC."""
    return datetime.fromtimestamp(min(max(ts, 0), LATEST) / 1000, UTC)
