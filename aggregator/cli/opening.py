"""From a command's context to what the use cases receive: the opened store, the mailer, the digests that are meant."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import config_file
from aggregator.cli.context import Context
from aggregator.config import Config, Digest, Mail
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from aggregator.deliver.outcomes import Outcome
    from aggregator.pipeline.app import App
    from aggregator.store.database import Database


@contextmanager
def opened(context: Context, *, create: bool = True) -> Iterator[App]:
    """The use cases' record, with the store open while the context lasts. Raises StoreError."""
    from aggregator.store.database import open_database  # noqa: PLC0415  (the database is dear)

    database = open_database(context.config.store.url, create=create)
    reclaim(database)
    try:
        yield app_at(context.config, database, context.now)
    finally:
        database.close()


def reclaim(database: Database) -> None:
    """Give back what processes of this machine had claimed that are gone: nobody waits for a lease after a crash."""
    from aggregator.store import feeds, leases  # noqa: PLC0415

    for worker in {*feeds.holders(database), *leases.holders(database)}:
        host, _, process = worker.rpartition("-")
        if host == socket.gethostname() and process.isdecimal() and not is_running(int(process)):
            feeds.release_all(database, worker)
            leases.give_back_all(database, worker)


def is_running(process: int) -> bool:
    """Whether a process of this machine lives."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def app_at(config: Config, database: Database, now: datetime) -> App:
    """The use cases' record for one moment."""
    from aggregator.pipeline.app import App  # noqa: PLC0415

    return App(config=config, database=database, now=now, worker=f"{socket.gethostname()}-{os.getpid()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToMaildir:
    """Every message into one folder that any mail program opens."""

    folder: Path

    def deliver(self, *, recipient: str, message: bytes) -> Outcome:
        """Write one message; `recipient` stands in its own To header."""
        from aggregator.deliver.maildir import deliver  # noqa: PLC0415

        del recipient
        return deliver(self.folder, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToServer:
    """Every message over SMTP."""

    mail: Mail
    password: str | None

    def deliver(self, *, recipient: str, message: bytes) -> Outcome:
        """Hand one message to the server."""
        from aggregator.deliver.smtp import deliver  # noqa: PLC0415

        return deliver(self.mail, self.password, sender=self.mail.sender, recipient=recipient, message=message)


def mailer(context: Context) -> ToMaildir | ToServer | None:
    """How messages go out; None where the config says `none`. Raises UsageError when the password is not there."""
    mail = context.config.mail
    if mail.transport == "maildir":
        return ToMaildir(folder=Path(mail.maildir))
    if mail.transport == "smtp":
        password = config_file.secret(context.environment, env=mail.password_env, file=mail.password_file)
        return ToServer(mail=mail, password=password)
    return None


def digests(config: Config, name: str | None) -> tuple[Digest, ...]:
    """The digest of that name, or all of them. Raises UsageError for an unknown one."""
    found = tuple(digest for digest in config.digests if name in {None, digest.name})
    if not found:
        known = ", ".join(digest.name for digest in config.digests)
        raise UsageError(f"there is no digest {name!r}; the config has: {known}")
    return found


def day(text: str | None, context: Context) -> date:
    """The local day that `--date` names, today without it. Raises UsageError."""
    if text is None:
        return context.now.astimezone(context.config.site.zone).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--date: write a day as YYYY-MM-DD, not {text!r}") from error
