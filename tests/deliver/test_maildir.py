"""Into a Maildir."""

from __future__ import annotations

import mailbox
from pathlib import Path

from aggregator.deliver import maildir
from aggregator.deliver.outcomes import Deferred, Delivered

MESSAGE = b"From: a@b.example\r\nSubject: One\r\n\r\nHello\r\n.\r\nFrom here\r\n"


def test_a_message_stands_in_the_folder_as_any_mail_program_reads_it(tmp_path: Path) -> None:
    assert isinstance(maildir.deliver(tmp_path / "mail", MESSAGE), Delivered)
    with_box = mailbox.Maildir(str(tmp_path / "mail"), create=False)
    (message,) = list(with_box)
    assert message["Subject"] == "One"
    assert message.get_payload() == "Hello\n.\nFrom here\n"


def test_nothing_is_left_in_the_folder_for_unfinished_ones(tmp_path: Path) -> None:
    maildir.deliver(tmp_path, MESSAGE)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_same_message_again_adds_nothing(tmp_path: Path) -> None:
    maildir.deliver(tmp_path, MESSAGE)
    assert maildir.deliver(tmp_path, MESSAGE).reply.startswith("was already")
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_a_message_that_was_read_meanwhile_is_not_delivered_again(tmp_path: Path) -> None:
    maildir.deliver(tmp_path, MESSAGE)
    (place,) = (tmp_path / "new").iterdir()
    place.rename(tmp_path / "cur" / f"{place.name}:2,S")
    maildir.deliver(tmp_path, MESSAGE)
    assert list((tmp_path / "new").iterdir()) == []


def test_two_messages_are_two_files_only_their_owner_reads(tmp_path: Path) -> None:
    maildir.deliver(tmp_path, MESSAGE)
    maildir.deliver(tmp_path, MESSAGE.replace(b"One", b"Two"))
    places = list((tmp_path / "new").iterdir())
    assert len(places) == 2
    assert {place.stat().st_mode & 0o777 for place in places} == {0o600}


def test_a_disk_that_refuses_defers_the_message(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file, no folder")
    outcome = maildir.deliver(tmp_path / "mail", MESSAGE)
    assert isinstance(outcome, Deferred)
    assert "mail" in outcome.reply
