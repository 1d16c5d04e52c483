# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The line to the mail server, on which messages leave one by one."""

import logging
import smtplib

from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class NotQueuedError(Exception):
    """The delivery was taken back while its message was being handed over."""


class NoSessionError(Exception):
    """No mail server took the call: nothing has left, neither will the next ones.

    :param bool passing: it may be better in a quarter of an hour
    """

    def __init__(self, reason, passing):
        super().__init__(reason)
        self.passing = passing


def error_words(error):
    """What a person may read of an error of the mail server."""
    words = error.args[-1] if error.args else error
    if isinstance(words, bytes):
        words = words.decode(errors="replace")
    return str(words).strip()[:500]


class SmtpLine:
    """An SMTP session that is opened when needed and dropped when it breaks.

    Odoo puts the sender for whom a session was opened on all its messages: another
    collector's messages need a session of their own.
    """

    def __init__(self, env):
        self.env = env
        self.sender = None
        self.session = None

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._drop()

    def _drop(self):
        if self.session is not None:
            try:
                self.session.quit()
            except (smtplib.SMTPException, OSError):
                _logger.debug("SMTP session already closed")
            self.session = None

    def _open(self, sender):
        """
        :raise NoSessionError: no server, it does not answer or does not let us in
        """
        if sender != self.sender:
            self._drop()
            self.sender = sender
        if self.session is None:
            server = self.env["ir.mail_server"].sudo()
            try:
                self.session = server._connect__(smtp_from=self.sender)
            except (smtplib.SMTPException, OSError, UserError) as error:
                raise NoSessionError(error_words(error), _is_passing(error)) from error
            if self.session is None and not server._disable_send():
                reason = self.env._("No outgoing mail server is configured.")
                raise NoSessionError(reason, passing=False)
        return self.session

    def send(self, delivery):
        """Send one message; its ``sending`` mark is committed just before the text.

        Address checks of the server (MAIL, RCPT) come before the mark: what they
        refuse, or a crash among them, is known not to have left.

        :raise NoSessionError: see ``_open``
        :raise NotQueuedError: it was taken back meanwhile. Odoo wraps what is raised
            inside the session, hence the flag.
        """
        session = self._open(delivery.message_id.sudo().email_from)
        message = delivery._mime_message()
        if session is None:  # tests without a mail server
            if not delivery._mark_sending():
                raise NotQueuedError
            return
        transmit = session.data
        taken_back = False

        def data(text):
            nonlocal taken_back
            taken_back = not delivery._mark_sending()
            if taken_back:
                raise NotQueuedError
            return transmit(text)

        session.data = data
        try:
            self.env["ir.mail_server"].sudo().send_email(message, smtp_session=session)
        except Exception as error:
            self._drop()
            if taken_back:
                raise NotQueuedError from error
            raise
        else:
            session.data = transmit


def _is_passing(error):
    """Whether a server that did not let us in may do so later by itself.

    A server answers 4xx to what passes and 5xx to what stays (RFC 5321, 4.2.1).
    """
    if isinstance(error, smtplib.SMTPResponseException):
        return 400 <= error.smtp_code < 500
    return isinstance(error, OSError | smtplib.SMTPServerDisconnected)
