"""A PostgreSQL server of our own for the contract suite: a temporary cluster behind a Unix socket, durability off."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

ACCOUNTS = ("postgres", "nobody")
"""initdb refuses root: the server runs as the first of these that exists."""

SPEED = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60 -c shared_buffers=32MB"


def programs() -> Path | None:
    """The folder that holds initdb and pg_ctl, the newest version where there are several."""
    found = shutil.which("initdb")
    if found and shutil.which("pg_ctl"):
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


def account() -> pwd.struct_passwd | None:
    """Whom to become; None where we are not root and may start the server ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(names[name] for name in ACCOUNTS if name in names)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run a server; gives the address of its databases without their names."""
    owner = account()
    home = Path(tempfile.mkdtemp(prefix="fair-copy-postgres-", dir="/tmp"))
    if owner is not None:
        os.chown(home, owner.pw_uid, owner.pw_gid)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [folder / program, "-D", home / "data", *arguments],
            cwd=home,
            check=True,
            stdout=subprocess.DEVNULL,
            user=None if owner is None else owner.pw_uid,
            group=None if owner is None else owner.pw_gid,
            extra_groups=None if owner is None else [],
        )

    try:
        run("initdb", "--auth=trust", "--username=tester", "--encoding=UTF8", "--locale=C", "--no-sync")
        run("pg_ctl", "-w", "-l", str(home / "log"), "-o", f"-c listen_addresses='' -k {home} {SPEED}", "start")
        try:
            yield f"postgresql://tester@/{{name}}?host={home}"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)


def administer(address: str, name: str, *statements: str) -> None:
    """Run statements in a database, each on its own."""
    with psycopg.connect(address.format(name=name), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
