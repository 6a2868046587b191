"""docs/limits.md names every limit there is, with the value that it has."""

import ast
import math
import re
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

from trio_chat.config import Config

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z_/0-9]+)\.py` ((?:`[A-Z_]+`(?:, )?)+) \| ([0-9., ]+) \|", re.MULTILINE)
FIXED = [
    (module.replace("/", "."), name.strip("`"), float(value.replace(",", "")))
    for module, names, values in ROW.findall(TEXT)
    for name, value in zip(names.split(", "), values.split(", "), strict=True)
]
OWN = ("commands", "remote", "terminal", "workers")  # what serves only whoever starts it
NO_BOUNDS = {
    "units": """
        core.devices.DAY journal.backups.HOUR journal.people.DAY journal.retention.DAY
        protocol.room_rules.DAY
        journal.sqlite.space.GIGABYTE journal.sqlite.space.MEGABYTE""",
    "formats: sizes of fields, numbers that others define, numbers that stand for something": """
        addresses.HIGHEST_PORT bus_url.PORT bus_url.SENTINEL_PORT
        auth.password.SALT_BYTES auth.password.BLOCK_SIZE
        auth.password.COST auth.password.PARALLELISM core.clearings.KEY_BYTES
        core.held.CID_BYTES core.held.NUMBERS core.held.LOWEST core.held.SHARED_NUMBERS
        journal.postgres.held.MARK core.links.ID_BYTES
        core.links.SECRET_BYTES core.links.FOR_EVER core.pairings.CODE_BYTES
        core.room_links.IDENTIFIER_BYTES core.sessions.ID_BYTES core.sessions.MARK_BYTES
        core.sessions.SIGNATURE_BYTES core.sessions.ROOM_BYTES core.sessions.RANDOM_BYTES
        core.targets.SHOWN_OF_ID delivery.batch.DEAD delivery.ring.AT_REQUESTS
        delivery.ring.SEND delivery.ring.SKIP_SUCCESS delivery.ring.COOP_TASKRUN
        delivery.ring.ENTER delivery.ring.NO_SQARRAY delivery.ring.SETUP
        delivery.ring.SINGLE_ISSUER delivery.ring.SUBMIT_ALL errors.FAILED errors.BAD_USAGE
        errors.UNREACHABLE errors.INTERRUPTED
        files.blobs.PREFIX files.blobs.PRIVATE files.blobs.PRIVATE_FOLDER files.index.VERSION
        files.keeper.ID_BYTES files.kinds.HEAD files.picture_worker.BAD
        files.picture_worker.GOOD files.picture_worker.TOO_LARGE files.picture_worker.NICE
        files.picture_worker.GROWN files.picture_worker.KEEP
        files.picture_worker.OPAQUE files.picture_worker.QUALITY files.picture_worker.SPEED
        journal.keys.DIGEST_BYTES journal.people.STAMP
        journal.postgres.database.OLDEST journal.postgres.forgetting.ANY
        journal.postgres.queries.NEWEST journal.postgres.schema.LOCK
        journal.postgres.schema.MAKING journal.postgres.schema.SCHEMA
        journal.postgres.runs.KEEPER journal.postgres.search.LATEST journal.hints.SIGNATURE
        journal.hints.NODE journal.hints.HEAD journal.hints.AROUND journal.hints.OVERHEAD
        journal.search.snippets.LEAD journal.sqlite.comparison.ROUND
        journal.sqlite.obstacles.LARGEST_PAGE journal.sqlite.obstacles._OPENED_AT_ONCE
        journal.sqlite.forgetting.ANY
        journal.sqlite.gaps.FILE_HEADER journal.sqlite.gaps.LAST_PAGE
        journal.sqlite.gaps.LARGEST journal.sqlite.guard.PRIVATE journal.sqlite.guard.FOREIGN
        journal.sqlite.guard.HEADER journal.sqlite.index.SEQ_BITS journal.sqlite.index._LATEST
        journal.sqlite.log_frames.INDEX_VERSION journal.sqlite.log_frames.LOG_HEADER
        journal.sqlite.log_frames.FRAME_HEADER
        journal.sqlite.runs.LOCK_BYTES journal.sqlite.schema.APPLICATION_ID
        journal.sqlite.schema.SCHEMA journal.sqlite.reindex.LAST
        journal.sqlite.scrubs.SINCE journal.sqlite.scrubs.NEWEST journal.sqlite.sealing.SINCE
        journal.sqlite.sealing.FAR
        limits.shared.PEOPLE limits.shared.ADDRESSES
        limits.addresses.SUBNET limits.bucket.ROUNDING logs.LEVELS
        net.head.BEGIN net.rounds.END net.proxy_header.FIXED net.proxy_header.LOCAL
        net.proxy_header.PROXIED
        protocol.dialects.base.SHORT protocol.dialects.base.LONG
        protocol.request_base.LAST_TIME server_file.SIZE server_file.OWNER_ONLY
        setting_values.MAPPED setting_values.MOST_GROUP web.api.parts.LARGEST
        web.assets.TAG_LENGTH web.assets.WORTH_IT web.look.FLARE web.look.KNEE""",
    "pace: how often something is looked at, told or tried again": """
        journal.backups.GRACE journal.backups.LOOK journal.backups.RETRY
        auth.gate.BUSY_MS files.folder.RETRY_MS files.sweeper.SWEEP_INTERVAL
        files.pictures.RETRY_MS
        core.arrivals.AGED_AT_ONCE core.arrivals.NOTED
        core.catchup_queue.COST_EACH_TURN core.devices.BUSY_MS
        journal.postgres.notify.BEAT journal.postgres.notify.PACE
        journal.postgres.notify.MOVES_PACE journal.postgres.notify.GAP_PAUSE
        journal.postgres.keeping.RETRY journal.redis.line.BEAT
        core.claims.RETRY_MS journal.postgres.claims.RETRY_MS
        core.expiry.LOOK_INTERVAL core.marks.BUSY_MS core.records.LAZY
        core.records.SHARED_LAZY core.roster.CROWD_PAUSE
        core.rooms.TOLD_INTERVAL core.settling.HOLD core.settling.MUCH
        core.settling.REST core.settling.REST_EACH delivery.ring.FEWEST
        journal.feed.INTERVAL journal.made_rooms.PAUSE journal.retention.INTERVAL
        journal.retention.FORGET_INTERVAL journal.postgres.pruning.ROOM_COST
        journal.postgres.readers.RETRY_MS journal.postgres.runs.LOCK_PAUSE
        journal.postgres.search.FEW journal.postgres.space.INTERVAL
        journal.postgres.writer.LEAST_RETRY_MS journal.sqlite.mending.TELL
        journal.sqlite.pruning.ROOM_COST journal.sqlite.readers.RETRY_MS
        journal.sqlite.readers.CHECK_INTERVAL journal.sqlite.reindex.TELL
        journal.sqlite.rescue.RETRY journal.sqlite.states.TELL_INTERVAL
        journal.sqlite.writer.RETRY_MS journal.sqlite.writer.LOOK_INTERVAL
        limits.overload.INTERVAL log_rate.WINDOW net.accept_retry.RETRY_INTERVAL
        net.accept_retry.REPORT_INTERVAL net.rounds.PAUSE supervisor.SHARE
        protocol.dialects.v1.EXCESS_RETRY_MS
        standard_streams.TICK standard_streams.STUCK_INTERVAL web.api.routes.PREFLIGHT_AGE""",
    "sizes of one read or write of what may be longer": """
        journal.redis.wire.READ_SIZE
        client.client.READ_SIZE web.downloads.PIECE web.hypercorn_bridge.UPLOAD_READ_SIZE
        named_files.READ_SIZE net.head.READ_SIZE
        journal.storage.ACTS journal.storage.ACTS_BYTES
        net.streams.LINGER_SIZE standard_streams.PIECE""",
    "clocks that jump": "journal.retention.TRUST journal.times.SETBACK",
    "bounds and defaults of settings": """
        bus_url.MOST_PLACES
        config.LARGEST_BUFFER config.LONGEST_NAME config.MOST_CHANGES config.MOST_EMOJI
        config.LEAST_ROOM config.MOST_WORKERS setting_fields.MOST setting_fields.LONGEST
        setting_relations.LEAST_DATABASE setting_relations.MOST_TITLE
        setting_relations.MOST_WELCOME journal.sqlite.journal.READ_TIMEOUT
        journal.sqlite.journal.ERASE_WITHIN journal.postgres.journal.READ_TIMEOUT
        journal.postgres.journal.ERASE_WITHIN""",
    "what only the operator can make grow: files, commands, the start, the terminal": """
        auth.keys.FILE_LIMIT journal.moves.BATCH journal.moves.DIGEST_BYTES journal.moves.ROUND
        journal.postgres.checks.END journal.postgres.checks.LIMIT journal.postgres.checks.PAGE
        journal.postgres.database.LOOKS
        journal.postgres.moving.EPOCH_BYTES journal.sqlite.moving.EPOCH_BYTES
        journal.offline.PATIENCE journal.sqlite.checks.LIMIT
        journal.sqlite.comparison.ROOMS journal.sqlite.comparison.PHRASE
        journal.sqlite.guard.SETTLING journal.sqlite.guard.LOOKS net.activation.MOST
        net.activation.FIRST net.site.SHOWN net.listeners.PORT_ATTEMPTS
        net.unix_sockets.PATH_LIMIT net.unix_sockets.BACKLOG net.unix_sockets.NOBODY
        net.unix_sockets.PROBE_TIMEOUT
        process.DESCRIPTORS_AT_ONCE process.SWITCH_INTERVAL reloading.FILE_LIMIT web.look.ICON_LIMIT
        reloading.READ_TIMEOUT server_file.REASON_LIMIT settings.FILE_LIMIT settings.WIDTH
        web.assets.FILES_AT_HAND
        standard_streams.LAST_LINE_TIMEOUT standard_streams.LEAST_COLUMNS""",
}
EXCEPT = [name for names in NO_BOUNDS.values() for name in names.split()]


def constants() -> Iterator[str]:
    """Yield the full names of numbers, with the modules that define them."""
    package = ROOT / "trio_chat"
    for path in sorted(package.rglob("*.py")):
        module = ".".join(path.relative_to(package).with_suffix("").parts).removesuffix(".__init__")
        if module.startswith(OWN) or module == "__main__":
            continue
        for name in assigned(ast.parse(path.read_text(encoding="utf-8"))):
            value = getattr(import_module(f"trio_chat.{module}"), name)
            if type(value) in (int, float) and math.isfinite(value):
                yield f"{module}.{name}"


def assigned(module: ast.Module) -> Iterator[str]:
    """Yield the upper-case names that a module gives values."""
    for statement in module.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            names = [part for part in ast.walk(statement) if isinstance(part, ast.Name)]
            yield from (
                name.id for name in names if isinstance(name.ctx, ast.Store) and name.id.isupper()
            )


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
def test_every_fixed_number_is_told_as_it_is(module: str, name: str, value: float) -> None:
    """Numbers that are no settings, too."""
    assert getattr(import_module(f"trio_chat.{module}"), name) == value


def test_every_number_that_bounds_something_is_told() -> None:
    """Where it is defined; what bounds nothing that a stranger can make grow has a reason here."""
    told = {f"{module}.{name}" for module, name, _ in FIXED if not module.startswith(OWN)}
    assert sorted([*told, *EXCEPT]) == sorted(constants())
