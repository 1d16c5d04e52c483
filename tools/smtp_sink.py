"""A real SMTP server that keeps what it gets and lets nothing leave the machine.

Each message becomes one ``.eml`` file, with the envelope in ``X-Envelope-From`` and
``X-Envelope-To`` lines on top. Chosen addresses misbehave, to see what the sender
does then:

* ``refuse``: the recipient is answered "550 no such mailbox";
* ``drop``: the connection is cut at the recipient, nothing is taken;
* ``vanish``: the message is taken and stored, then the connection is cut before the
  answer: the sender cannot know, and must not send twice.

In a test::

    with Sink(folder, refuse=["gone@example.com"]) as sink:
        server.smtp_port = sink.port
        ...
        assert [m["To"] for m in sink.messages()] == ["there@example.com"]

By hand: ``python -m tools.smtp_sink FOLDER --refuse gone@example.com``.
"""

import argparse
import email
import email.policy
import itertools
import logging
import os
import signal
import threading
import time
from pathlib import Path

from aiosmtpd.controller import Controller

REFUSED = "550 5.1.1 No such mailbox"
CUT = "421 4.3.2 Closing"

# each connection would fill the output of the tests and of the demo
logging.getLogger("mail.log").setLevel(logging.WARNING)


class _Handler:
    def __init__(self, folder, refuse, drop, vanish):
        self.folder = folder
        self.refuse = _addresses(refuse)
        self.drop = _addresses(drop)
        self.vanish = _addresses(vanish)
        self.counter = itertools.count(1)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.lower() in self.drop:
            server.transport.abort()
            return CUT
        if address.lower() in self.refuse:
            return REFUSED
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self._store(envelope)
        if self.vanish.intersection(_addresses(envelope.rcpt_tos)):
            server.transport.abort()
            return CUT
        return "250 Message accepted"

    def _store(self, envelope):
        name = f"{time.time_ns()}-{next(self.counter):06}.eml"
        head = f"X-Envelope-From: {envelope.mail_from}\n"
        head += "".join(f"X-Envelope-To: {to}\n" for to in envelope.rcpt_tos)
        content = envelope.original_content.replace(b"\r\n", b"\n")
        # renamed once whole: a reader never sees half a message
        partial = self.folder / f".{name}"
        partial.write_bytes(head.encode() + content)
        partial.rename(self.folder / name)


def _addresses(values):
    return {value.strip().lower() for value in values}


class Sink:
    """The server, as a context manager; ``port=0`` picks a free loopback port."""

    def __init__(self, folder, port=0, refuse=(), drop=(), vanish=()):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        handler = _Handler(self.folder, refuse, drop, vanish)
        self._controller = _Controller(handler, hostname="127.0.0.1", port=port)

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *exception):
        self._controller.stop()

    @property
    def port(self):
        return self._controller.server.sockets[0].getsockname()[1]

    def messages(self):
        """What was taken, oldest first."""
        return read_messages(self.folder)


class _Controller(Controller):
    """aiosmtpd tests its own port before it is known when it is a free one."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def read_messages(folder):
    """Parsed messages of a sink's folder, oldest first."""
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in sorted(Path(folder).glob("*.eml"))
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the messages are kept")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--port-file", type=Path, help="file to write the port to")
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    for name in ("refuse", "drop", "vanish"):
        parser.add_argument(f"--{name}", action="append", default=[], metavar="ADDRESS")
    options = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with Sink(
        options.folder, options.port, options.refuse, options.drop, options.vanish
    ) as sink:
        if not options.quiet:
            print(f"SMTP sink on 127.0.0.1:{sink.port}, messages in {sink.folder}")
        if options.port_file:
            _announce(options.port_file, sink.port)
        _wait(stopped)


def _announce(path, port):
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(str(port))
    partial.rename(path)


def _wait(stopped):
    """Until told to stop, or until the parent is gone and cannot tell."""
    parent = os.getppid()
    while not stopped.wait(1) and os.getppid() == parent:
        continue


if __name__ == "__main__":
    main()
