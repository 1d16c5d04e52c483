# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import HttpCase, tagged

from odoo.addons.base.models.ir_mail_server import IrMail_Server

from .common import RecouvrementCommon
from .sink import Sink


@tagged("post_install", "-at_install")
class TestTours(RecouvrementCommon, HttpCase):
    """A morning at the collection desk, in a real browser."""

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
        cls.manager = (
            cls.env["res.users"]
            .sudo()
            .create(
                {
                    "name": "Camille Martin",
                    "login": "manager",
                    "password": "manager",
                    "lang": "en_US",
                    "email": "camille@exemple.example",
                    "company_id": cls.company.id,
                    "company_ids": [Command.set(cls.company.ids)],
                    "group_ids": [
                        Command.set(
                            [
                                cls.env.ref("base.group_user").id,
                                cls.env.ref(
                                    "recouvrement_amiable.group_credit_manager"
                                ).id,
                            ]
                        )
                    ],
                }
            )
        )
        cls.company.sudo().recouvrement_collector_id = cls.manager

    def test_morning(self):
        """Open the worklist, approve, send, note a call."""
        today = fields.Date.context_today(self.env.user)
        self.env = self.env(context=dict(self.env.context, recouvrement_day=None))
        self.company.sudo().recouvrement_week = "every_day"
        self.company.sudo().recouvrement_holidays = "none"
        lumen = self._create_customer("Atelier Lumen")
        caller = self._create_scenario("Caller", delays=(2,))
        caller.level_ids.write(
            {
                "channel_email": False,
                "channel_call": True,
                "call_script": "<p>Good morning {{contact}}</p>",
            }
        )
        self.level1.approval = True
        for partner, scenario in ((self.customer, False), (lumen, caller.id)):
            invoice = self._invoice(
                0,
                partner=partner,
                invoice_date_due=fields.Date.subtract(today, days=4),
                invoice_date=fields.Date.subtract(today, days=30),
            )
            invoice.recouvrement_scenario_id = scenario
        self.env["recouvrement.run"].sudo()._run_company(self.company, today)
        self.env["recouvrement.delivery"].sudo()._cron_send()
        self.assertFalse(self.sink.messages, "nothing leaves before the approval")

        self.start_tour("/odoo", "recouvrement_morning_approve", login="manager")
        relance = self._relances()
        self.assertEqual(relance.state, "approved")
        self.env["recouvrement.delivery"].sudo()._cron_send()
        self.assertEqual(self.sink.recipients(), ["menuiserie@client.example"])

        self.start_tour("/odoo", "recouvrement_morning_call", login="manager")
        call = self._relances(lumen).delivery_ids
        self.assertEqual((call.state, call.result), ("delivered", "reached"))
        self.assertEqual(call.result_note, "The cheque leaves on Friday")
        self.assertEqual(self._relances(lumen).state, "done")

    def test_going_live(self):
        """From a point of the checklist to where it is mended, and to the texts."""
        self.env = self.env(context=dict(self.env.context, recouvrement_day=None))
        self.company.sudo().write(
            {"recouvrement_test_mode": True, "recouvrement_collector_id": False}
        )
        # the texts are read in the language of the company
        self.company.sudo().partner_id.lang = "en_US"
        self._invoice(3)
        self._dossier()
        self.start_tour("/odoo", "recouvrement_go_live", login="manager")
        self.assertEqual(self.company.recouvrement_bank_max_age, 12)
