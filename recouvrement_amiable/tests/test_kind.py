# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..models import debtor_kind
from .common import TODAY, RecouvrementCommon


@tagged("post_install", "-at_install")
class TestKind(RecouvrementCommon):
    """Kind of the debtor: what is proposed, and what a person decides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # VAT numbers made up for the tests
        cls.env = cls.env(context=dict(cls.env.context, no_vat_validation=True))

    def proposed(self, **vals):
        partner = self._create_customer("Commune de Plouha", **vals)
        self._invoice(3, partner=partner)
        dossier = self._dossier(partner)
        self.assertFalse(dossier.kind_confirmed)
        return dossier.kind, dossier.kind_reason

    # -- proposal ----------------------------------------------------------
    def test_proposals(self):
        france, spain = self.env.ref("base.fr"), self.env.ref("base.es")
        person = {"is_company": False}
        for expected, vals in (
            (("public", "siren_2"), {"company_registry": "212 201 234 00015"}),
            (("public", "siren_1"), {"company_registry": "110002011"}),
            (("public", "siren_2"), {"company_registry": "21220123400015", **person}),
            (("public", "siren_2"), {"vat": "FR 40 212201234", **person}),
            (("company", "siret"), {"company_registry": "55208131766522"}),
            # not a SIREN: too short, or of another country
            (("company", "siret"), {"company_registry": "21220"}),
            (
                ("company", "siret"),
                {"company_registry": "212201234", "country_id": spain.id},
            ),
            (
                ("public", "siren_2"),
                {"company_registry": "212201234", "country_id": france.id},
            ),
            (("company", "siret"), {"company_registry": "55208131766522", **person}),
            (("company", "vat"), {"vat": "FR23334175221", **person}),
            (("company", "flag"), {}),
            (("consumer", "person"), person),
            (("consumer", "person"), {"vat": "/", **person}),
        ):
            vals = {"country_id": False, **vals}
            with self.subTest(vals=vals):
                self.assertEqual(self.proposed(**vals), expected)

    def test_proposed_again_until_confirmed(self):
        person = self._create_customer("Ville Neuve", is_company=False)
        other = self._create_customer("Le Bihan", is_company=False)
        self._invoice(3, partner=person)
        self._invoice(3, partner=other)
        first, second = self._dossier(person), self._dossier(other)
        self.assertEqual((first.kind, second.kind), ("consumer", "consumer"))
        second.action_confirm_kind()
        (person | other).write({"company_registry": "21220123400015"})
        self._dossier(person | other)
        self.assertEqual((first.kind, first.kind_reason), ("public", "siren_2"))
        self.assertFalse(first.kind_confirmed)
        # confirmed stays; the doubt is seen
        self.assertEqual((second.kind, second.kind_reason), ("consumer", "siren_2"))
        self.assertTrue(second.kind_doubt)

    def test_chorus_pro(self):
        """What the apps of electronic invoicing know, without depending on them."""
        portal = self._create_customer("Portail")
        service = self._create_customer("Service")
        plain = self._create_customer("Ordinaire")
        for table, columns in (
            ("res_partner", ("peppol_eas", "peppol_endpoint")),
            ("account_move", ("buyer_reference", "contract_reference")),
        ):
            for column in columns:
                self.env.cr.execute(
                    f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} varchar"
                )
        invoice = self._invoice(3, partner=service)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET peppol_eas = '0009',"
            " peppol_endpoint = '11000201100044' WHERE id = %s",
            [portal.id],
        )
        self.env.cr.execute(
            "UPDATE account_move SET contract_reference = 'M-2026-1' WHERE id = %s",
            [invoice.id],
        )
        partners = portal | service | plain
        Dossier = self.env["recouvrement.dossier"]
        with patch.object(debtor_kind, "_knows", lambda *_args: True):
            found = Dossier._debtors(self.company, partners)
            for partner in partners:
                self._invoice(3, partner=partner)
            dossiers = self._dossier(partners)
        self.assertEqual(
            [found[partner.id].kind for partner in partners],
            ["public", "public", "company"],
        )
        reasons = {d.partner_id: d.kind_reason for d in dossiers}
        self.assertEqual(
            [reasons[partner] for partner in partners], ["chorus", "reference", "flag"]
        )

    def test_one_statement_whatever_the_number(self):
        counts = []
        for number in (2, 20):
            for index in range(number):
                self._invoice(3, partner=self._create_customer(f"C{number}-{index}"))
            before = self.env.cr.sql_log_count
            self.env["recouvrement.dossier"].sudo()._refresh(self.company, TODAY)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 1, counts)

    def test_nothing_is_written_when_nothing_changes(self):
        self._invoice(3)
        dossier = self._dossier()
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT xmin FROM recouvrement_dossier WHERE id = %s", [dossier.id]
        )
        before = self.env.cr.fetchone()
        self._dossier()
        self.env.cr.execute(
            "SELECT xmin FROM recouvrement_dossier WHERE id = %s", [dossier.id]
        )
        self.assertEqual(self.env.cr.fetchone(), before)

    # -- decision ------------------------------------------------------------
    def test_the_banner_says_why(self):
        self.customer.company_registry = "21220123400015"
        self._invoice(3)
        dossier = self._dossier()
        self.assertEqual(
            dossier.kind_text,
            "Proposed: public body, because its SIREN starts with 2, kept for public"
            " bodies.",
        )
        to_confirm = [("kind_confirmed", "=", False), ("id", "=", dossier.id)]
        Dossier = self.env["recouvrement.dossier"]
        self.assertTrue(Dossier.search(to_confirm))
        dossier.action_confirm_kind()
        self.assertEqual((dossier.kind, dossier.kind_confirmed), ("public", True))
        self.assertFalse(dossier.kind_text)
        self.assertFalse(Dossier.search(to_confirm))

    def test_a_consumer_confirmed_as_company_is_seen(self):
        person = self._create_customer("Jeanne Le Goff", is_company=False)
        self._invoice(3, partner=person)
        dossier = self._dossier(person)
        Dossier = self.env["recouvrement.dossier"]
        mine = [("id", "=", dossier.id)]
        self.assertFalse(Dossier.search([("kind_doubt", "=", True), *mine]))
        dossier.with_context(recouvrement_kind="company").action_confirm_kind()
        self.assertEqual(dossier.kind, "company")
        self.assertTrue(dossier.kind_doubt)
        self.assertIn("Confirmed as company", dossier.kind_text)
        self.assertIn("neither penalty nor indemnity", dossier.kind_text)
        self.assertTrue(Dossier.search([("kind_doubt", "=", True), *mine]))
        self.assertFalse(Dossier.search([("kind_doubt", "=", False), *mine]))
        dossier.kind = "consumer"
        self.assertFalse(dossier.kind_doubt)

    def test_decisions_are_in_the_chatter(self):
        self._invoice(3)
        dossier = self._dossier().with_context(
            tracking_disable=False, mail_notrack=False
        )
        dossier.kind = "consumer"
        self.env.flush_all()
        self.cr.precommit.run()
        values = dossier.message_ids.sudo().tracking_value_ids
        self.assertEqual(
            set(values.field_id.mapped("name")), {"kind", "kind_confirmed"}
        )
        self._dossier()
        self.assertEqual(dossier.kind, "consumer")

    def test_a_dossier_made_by_hand(self):
        known = self._create_customer("Known")
        chosen = self._create_customer("Chosen")
        Dossier = self.env["recouvrement.dossier"]
        vals = {"company_id": self.company.id}
        one, two = Dossier.create(
            [
                {**vals, "partner_id": known.id},
                {**vals, "partner_id": chosen.id, "kind": "public"},
            ]
        )
        self.assertEqual((one.kind_reason, one.kind_confirmed), ("flag", False))
        self.assertEqual((two.kind, two.kind_confirmed), ("public", True))

    def test_sole_trader(self):
        trader = self._create_customer(
            "Paul Kerbrat", is_company=False, company_registry="55208131766522"
        )
        self._invoice(3, partner=trader)
        self._invoice(3)
        dossier = self._dossier(trader)
        self.assertEqual(dossier.kind, "company")
        self.assertTrue(dossier._is_natural_person())
        self.assertIn("sole trader", dossier.kind_text)
        self.assertFalse(self._dossier()._is_natural_person())

    # -- since when ------------------------------------------------------------
    def test_since_and_before(self):
        self._invoice(3)
        dossier = self._dossier()
        since = TODAY - timedelta(days=30)
        dossier.write({"kind_since": since, "kind_before": "consumer"})
        debtor = dossier._debtor()
        self.assertEqual(debtor.on(since - timedelta(days=1)), "consumer")
        self.assertEqual(debtor.on(since), "company")
        Dossier = self.env["recouvrement.dossier"]
        self.assertEqual(
            Dossier._debtors(self.company, self.customer)[self.customer.id], debtor
        )

    def test_bad_since(self):
        self._invoice(3)
        dossier = self._dossier()
        for words, vals in (
            ("both the day", {"kind_since": TODAY, "kind_before": False}),
            ("both the day", {"kind_since": False, "kind_before": "public"}),
            ("same before", {"kind_since": TODAY, "kind_before": "company"}),
            (
                "2000",
                {"kind_since": TODAY + timedelta(days=1), "kind_before": "public"},
            ),
            ("2000", {"kind_since": date(1999, 1, 1), "kind_before": "public"}),
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(ValidationError, words),
            ):
                with self.cr.savepoint():
                    dossier.write(vals)

    def test_merged_customers_keep_the_decision(self):
        other = self._create_customer("Vasseur et fils")
        self._invoice(3)
        self._invoice(3, partner=other)
        kept, lost = self._dossier().sudo(), self._dossier(other).sudo()
        lost.kind = "public"
        lost.public_buyer = "hospital"
        kept.sudo()._absorb(lost)
        self.assertEqual(
            (kept.kind, kept.kind_confirmed, kept.public_buyer),
            ("public", True, "hospital"),
        )
