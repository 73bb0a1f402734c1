"""Over SMTP (RFC 5321), one message to one recipient in one connection.

Rules: required TLS fails closed, with the certificate checked; no password travels before it. A 4xx, a drop, a
timeout or anything unclear is Deferred, since a second mail is the smaller harm and carries the same Message-ID; a
5xx to the recipient or the message is Refused; a 5xx to ourselves (login, sender) is Deferred: it is for the owner
to mend and must cost nobody a mail.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from email.utils import parseaddr

from aggregator.config import Mail
from aggregator.deliver.outcomes import Deferred, Delivered, Outcome, Refused, one_line

TIMEOUT = 60.0
"""Seconds of silence after which we hang up. RFC 5321 (4.5.3.2) would wait five minutes; the outbox tries again."""
MAILBOX_FULL = 552
"""In answer to RCPT it means "too many recipients" and is to be taken as 452 (RFC 5321, 4.5.3.1.10)."""


def deliver(
    mail: Mail,
    password: str | None,
    *,
    sender: str,
    recipient: str,
    message: bytes,
    context: ssl.SSLContext | None = None,
    timeout: float = TIMEOUT,
) -> Outcome:
    """Hand the message to the configured server; never raises for what the server or the network does.

    `sender` may carry a name beside its address. `context` is for servers with a certificate of their own.
    """
    if mail.username and mail.security == "none":
        return Deferred(reply="a password is only sent over TLS: set mail.security to starttls or tls")
    address = parseaddr(sender)[1]
    if not (sendable(recipient) and sendable(address)):
        return Refused(reply=one_line(f"{recipient!r} or {address!r} is no address"))
    try:
        server = connected(mail, context or ssl.create_default_context(), timeout)
        with contextlib.closing(server):
            if mail.username:
                server.login(mail.username, password or "")
            outcome = transfer(server, address, recipient, message)
            goodbye(server)
            return outcome
    except (smtplib.SMTPException, OSError) as error:
        return Deferred(reply=one_line(words(error), secret=password))


def sendable(address: str) -> bool:
    """Whether an address can stand in a command: one line, no blanks, no brackets that would end it."""
    return "@" in address and address.isprintable() and not set(address) & set(" <>")


def connected(mail: Mail, context: ssl.SSLContext, timeout: float) -> smtplib.SMTP:
    """A greeted connection, encrypted as the config demands. Raises SMTPException or OSError; leaves nothing open."""
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=timeout, context=context)
    server = smtplib.SMTP(mail.host, mail.port, timeout=timeout)
    if mail.security == "none":
        return server
    try:
        server.starttls(context=context)
    except smtplib.SMTPNotSupportedError as error:
        server.close()
        raise smtplib.SMTPException("the server offers no STARTTLS: nothing was sent") from error
    except BaseException:
        server.close()
        raise
    return server


def transfer(server: smtplib.SMTP, sender: str, recipient: str, message: bytes) -> Outcome:
    """The mail transaction. Raises SMTPException or OSError when the connection breaks."""
    server.ehlo_or_helo_if_needed()
    options = ("SMTPUTF8", "BODY=8BITMIME") if not (sender + recipient).isascii() else ()
    if options and not server.has_extn("smtputf8"):
        return Refused(reply="the server takes no addresses beyond ASCII (RFC 6531)")
    code, reply = server.mail(sender, list(options))
    if code != 250:
        return Deferred(reply=said(code, reply))
    code, reply = server.rcpt(recipient)
    if code not in {250, 251}:
        return judged(code if code != MAILBOX_FULL else 452, said(code, reply))
    try:
        code, reply = server.data(message)
    except smtplib.SMTPDataError as error:
        return judged(error.smtp_code, said(error.smtp_code, error.smtp_error))
    return Delivered(reply=said(code, reply)) if code == 250 else judged(code, said(code, reply))


def goodbye(server: smtplib.SMTP) -> None:
    """QUIT; a server that breaks off now has answered already, and its answer stands."""
    with contextlib.suppress(smtplib.SMTPException, OSError):
        server.quit()


def judged(code: int, reply: str) -> Outcome:
    """5xx is for good; all else, also what no server should say, is for now."""
    return Refused(reply=reply) if 500 <= code < 600 else Deferred(reply=reply)


def said(code: int, reply: bytes | str) -> str:
    """The server's words as one line."""
    words_said = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return one_line(f"{code} {words_said}")


def words(error: Exception) -> str:
    """An exception in words for the log."""
    if isinstance(error, smtplib.SMTPResponseException):
        return said(error.smtp_code, error.smtp_error)
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error}"
    return str(error) or type(error).__name__
