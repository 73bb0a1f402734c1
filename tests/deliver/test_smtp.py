"""Over SMTP, against real servers on loopback."""

# ruff: noqa: N802  aiosmtpd calls its handlers by these names

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from aggregator.config import Mail
from aggregator.deliver import smtp
from aggregator.deliver.outcomes import REPLY_LIMIT, Deferred, Delivered, Outcome, Refused

MESSAGE = b"From: a@b.example\r\nTo: ada@reader.example\r\nSubject: One\r\n\r\n.dot first\r\nend\r\n"
PASSWORD = "correct horse"


class Recorder:
    """A server's side: keeps what it accepts, answers as it is told."""

    def __init__(self, **replies: str) -> None:
        self.replies = replies
        self.envelopes: list[Envelope] = []
        self.logins: list[bytes] = []

    async def handle_MAIL(
        self, _server: Any, _session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "mail" in self.replies:
            return self.replies["mail"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if "rcpt" in self.replies:
            return self.replies["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        if "data" in self.replies:
            return self.replies["data"]
        self.envelopes.append(envelope)
        return "250 queued as 7F3A"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.password)
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


@contextmanager
def serving(handler: Recorder, **options: Any) -> Iterator[int]:
    """A server on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@contextmanager
def scripted(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that talks to one client as the test says."""
    listener = socket.create_server(("127.0.0.1", 0))
    done: list[socket.socket] = []

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        done.append(connection)
        with connection:
            talk(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def settings(port: int, **named: Any) -> Mail:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": port, "security": "none"}
    return Mail(**(values | named))


def sent(mail: Mail, password: str | None = None, **named: Any) -> Outcome:
    values: dict[str, Any] = {
        "sender": "Fair Copy <digest@faircopy.example>",
        "recipient": "ada@reader.example",
        "message": MESSAGE,
    }
    return smtp.deliver(mail, password, **({"timeout": 2} | values | named))


CERTIFICATE = Path(__file__).with_name("loopback.pem")


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATE))


def test_a_message_arrives_byte_for_byte_for_one_recipient() -> None:
    handler = Recorder()
    with serving(handler) as port:
        outcome = sent(settings(port))
    assert outcome == Delivered(reply="250 queued as 7F3A")
    (envelope,) = handler.envelopes
    assert envelope.mail_from == "digest@faircopy.example"
    assert envelope.rcpt_tos == ["ada@reader.example"]
    assert envelope.content == MESSAGE


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ({"rcpt": "550 no such user"}, Refused),
        ({"rcpt": "450 greylisted, come back"}, Deferred),
        ({"rcpt": "552 too many recipients"}, Deferred),
        ({"data": "554 looks like spam"}, Refused),
        ({"data": "452 disk full"}, Deferred),
        ({"mail": "550 sender not allowed"}, Deferred),
        ({"mail": "421 closing"}, Deferred),
    ],
)
def test_a_reply_is_judged_by_its_stage_and_kept(replies: dict[str, str], kind: type[Outcome]) -> None:
    handler = Recorder(**replies)
    with serving(handler) as port:
        outcome = sent(settings(port))
    assert type(outcome) is kind
    assert outcome.reply == next(iter(replies.values()))
    assert handler.envelopes == []


def test_a_closed_port_defers() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert isinstance(sent(settings(port)), Deferred)


def dialogue(*answers: bytes, last: Callable[[socket.socket], None] | None = None) -> Callable[[socket.socket], None]:
    """Greets, then gives one answer a command; afterwards does `last`, by default hangs up."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        for answer in answers:
            if not connection.recv(65536):
                return
            connection.sendall(answer)
        if last is not None:
            last(connection)

    return talk


OK = b"250 OK\r\n"


@pytest.mark.parametrize(
    "answers",
    [(), (OK,), (OK, OK), (OK, OK, OK), (OK, OK, OK, b"354 go on\r\n")],
    ids=["greeting", "ehlo", "mail", "rcpt", "data"],
)
def test_a_drop_at_any_stage_defers(answers: tuple[bytes, ...]) -> None:
    with scripted(dialogue(*answers)) as port:
        assert isinstance(sent(settings(port)), Deferred)


def test_silence_defers_within_the_timeout() -> None:
    released = threading.Event()

    def wait(_: socket.socket) -> None:
        released.wait(10)

    with scripted(wait) as port:
        outcome = sent(settings(port), timeout=0.2)
        released.set()
    assert isinstance(outcome, Deferred)
    assert "timed out" in outcome.reply or "no answer" in outcome.reply


def test_an_accepted_message_stays_delivered_when_the_goodbye_fails() -> None:
    with scripted(dialogue(OK, OK, OK, b"354 go on\r\n", b"250 taken\r\n")) as port:
        assert sent(settings(port)) == Delivered(reply="250 taken")
    with scripted(dialogue(OK, OK, OK, b"354 go on\r\n", b"250 taken\r\n", b"421 no goodbye\r\n")) as port:
        assert sent(settings(port)) == Delivered(reply="250 taken")


def test_a_greeting_that_is_no_smtp_defers() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with scripted(talk) as port:
        assert isinstance(sent(settings(port)), Deferred)


def test_a_reply_is_one_bounded_line() -> None:
    handler = Recorder(rcpt="550 " + "go away " * 60)
    with serving(handler) as port:
        outcome = sent(settings(port))
    assert isinstance(outcome, Refused)
    assert len(outcome.reply) <= REPLY_LIMIT


def test_required_starttls_fails_closed_when_the_server_offers_none() -> None:
    handler = Recorder()
    with serving(handler) as port:
        outcome = sent(settings(port, security="starttls"))
    assert isinstance(outcome, Deferred)
    assert "STARTTLS" in outcome.reply
    assert handler.envelopes == []


def test_a_certificate_that_nobody_vouches_for_fails_closed() -> None:
    handler = Recorder()
    for security, options in (
        ("starttls", {"tls_context": server_context()}),
        ("tls", {"ssl_context": server_context()}),
    ):
        with serving_tls(handler, **options) as port:
            outcome = sent(settings(port, security=security))
        assert isinstance(outcome, Deferred)
        assert "TLS failed" in outcome.reply
    assert handler.envelopes == []


@contextmanager
def serving_tls(handler: Recorder, **options: Any) -> Iterator[int]:
    """A server with a certificate; one for TLS from the first byte is told that it is up by a client that trusts it."""
    if "ssl_context" not in options:
        with serving(handler, **options) as port:
            yield port
        return
    with scripted(implicit_tls(options["ssl_context"])) as port:
        yield port


def implicit_tls(context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    """TLS first, then the shortest dialogue that takes a message."""

    def talk(connection: socket.socket) -> None:
        try:
            wrapped = context.wrap_socket(connection, server_side=True)
        except (ssl.SSLError, OSError):
            return
        with wrapped:
            dialogue(OK, OK, OK, b"354 go on\r\n", b"250 over TLS\r\n", b"221 bye\r\n")(wrapped)

    return talk


def test_a_message_goes_over_starttls_with_a_login() -> None:
    handler = Recorder()
    options: dict[str, Any] = {
        "tls_context": server_context(),
        "authenticator": handler.authenticate,
        "auth_required": True,
    }
    with serving(handler, **options) as port:
        mail = settings(port, security="starttls", username="digest")
        assert isinstance(sent(mail, PASSWORD, context=trusting()), Delivered)
        refused = sent(mail, "wrong", context=trusting())
    assert isinstance(refused, Deferred)
    assert refused.reply.startswith("535")
    assert len(handler.envelopes) == 1


def test_a_message_goes_over_tls_from_the_first_byte() -> None:
    with scripted(implicit_tls(server_context())) as port:
        outcome = sent(settings(port, security="tls"), context=trusting())
    assert outcome == Delivered(reply="250 over TLS")


def test_no_password_travels_without_tls() -> None:
    handler = Recorder()
    options: dict[str, Any] = {"authenticator": handler.authenticate, "auth_require_tls": False}
    with serving(handler, **options) as port:
        outcome = sent(settings(port, username="digest"), PASSWORD)
    assert isinstance(outcome, Deferred)
    assert handler.logins == []


def test_a_password_that_a_server_repeats_is_not_kept() -> None:
    class Echoing(Recorder):
        def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
            return AuthResult(success=False, handled=False, message=f"535 not {data.password.decode()}")

    handler = Echoing()
    context = server_context()
    with serving(handler, tls_context=context, authenticator=handler.authenticate) as port:
        mail = settings(port, security="starttls", username="digest")
        outcome = sent(mail, PASSWORD, context=trusting())
    assert isinstance(outcome, Deferred)
    assert PASSWORD not in outcome.reply


@pytest.mark.parametrize(
    "recipient", ["a@b.example\r\nRCPT TO:<eve@evil.example>", "ädä@reader.example", "", "a b@c.example"]
)
def test_a_recipient_that_no_command_can_carry_is_refused(recipient: str) -> None:
    handler = Recorder()
    with serving(handler, enable_SMTPUTF8=False) as port:
        outcome = sent(settings(port), recipient=recipient)
    assert isinstance(outcome, Refused)
    assert handler.envelopes == []


def test_an_address_beyond_ascii_goes_to_a_server_that_takes_it() -> None:
    handler = Recorder()
    with serving(handler, enable_SMTPUTF8=True) as port:
        outcome = sent(settings(port), recipient="ädä@reader.example")
    assert isinstance(outcome, Delivered)
    assert handler.envelopes[0].rcpt_tos == ["ädä@reader.example"]
