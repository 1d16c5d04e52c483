# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A real SMTP server on loopback for the tests: nothing leaves the machine."""

import email
import email.policy

from aiosmtpd.controller import Controller


class Sink(Controller):
    """Keeps what it gets; some addresses misbehave.

    ``refused`` recipients are answered 550, ``dropped`` ones cut the connection,
    ``vanished`` ones take the message and cut before the answer.
    """

    def __init__(self):
        self.messages = []
        self.refused = set()
        self.dropped = set()
        self.vanished = set()
        super().__init__(self, hostname="127.0.0.1", port=0)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        return super()._trigger_server()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.dropped:
            server.transport.abort()
            return "421 4.3.2 Closing"
        if address in self.refused:
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(
            envelope.original_content, policy=email.policy.default
        )
        self.messages.append((envelope.rcpt_tos, message))
        if self.vanished.intersection(envelope.rcpt_tos):
            server.transport.abort()
            return "421 4.3.2 Closing"
        return "250 Message accepted"

    def recipients(self):
        return [
            address for addresses, _message in self.messages for address in addresses
        ]
