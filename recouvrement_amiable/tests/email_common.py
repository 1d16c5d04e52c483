# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from unittest.mock import patch

from odoo.addons.base.models.ir_mail_server import IrMail_Server

from .common import RecouvrementCommon
from .sink import Sink

QUIET = (
    "odoo.addons.recouvrement_amiable.models.delivery_email",
    "odoo.addons.base.models.ir_mail_server",
)


class EmailCommon(RecouvrementCommon):
    """E-mails through a real SMTP server that can refuse or hang up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sink = Sink()
        cls.sink.start()
        cls.addClassCleanup(cls.sink.stop)
        cls.env["ir.mail_server"].sudo().search([]).unlink()
        cls.env["ir.mail_server"].sudo().create(
            {"name": "Sink", "smtp_host": "127.0.0.1", "smtp_port": cls.sink.port}
        )
        cls.startClassPatcher(
            patch.object(IrMail_Server, "_disable_send", lambda *args: False)
        )

    def setUp(self):
        super().setUp()
        for kept in (self.sink.refused, self.sink.dropped, self.sink.vanished):
            kept.clear()
        self.sink.messages.clear()

    def _send(self):
        self.env["recouvrement.delivery"].sudo()._cron_send()
        self.env.invalidate_all()

    def _html(self, message):
        """Text of the HTML part, with ordinary spaces."""
        html = message.get_body(("html",)).get_content()
        for space in ("&nbsp;", "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"):
            html = html.replace(space, " ")
        return html

    def _late_customers(self, *names):
        customers = [self._create_customer(name) for name in names]
        for customer in customers:
            self._invoice(3, partner=customer)
        return customers
