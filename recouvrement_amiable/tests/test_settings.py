# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from unittest.mock import patch

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from .common import RecouvrementCommon


@tagged("post_install", "-at_install")
class TestSettings(RecouvrementCommon):
    """What a credit manager sets, checks and reads before going live."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._user("credit_manager")
        cls.collector = cls._user("collector_all")

    @classmethod
    def _user(cls, group):
        groups = ["base.group_user", f"recouvrement_amiable.group_{group}"]
        return (
            cls.env["res.users"]
            .sudo()
            .create(
                {
                    "name": group,
                    "login": f"settings_{group}",
                    "company_id": cls.company.id,
                    "company_ids": [Command.set(cls.company.ids)],
                    "group_ids": [Command.set([cls.env.ref(g).id for g in groups])],
                }
            )
        )

    def _as(self, user, model):
        return self.env[model].with_user(user).with_company(self.company)

    # -- settings ------------------------------------------------------------
    def test_manager_sets_without_the_general_settings(self):
        with Form(self._as(self.manager, "recouvrement.settings")) as form:
            self.assertEqual(form.recouvrement_bank_policy, "warn")
            form.recouvrement_bank_max_age = 12
            form.recouvrement_bank_policy = "hold"
            form.recouvrement_collector_id = self.collector
            form.recouvrement_contract_years = 3
        self.assertEqual(self.company.recouvrement_bank_max_age, 12)
        self.assertEqual(self.company.recouvrement_bank_policy, "hold")
        self.assertEqual(self.company.recouvrement_collector_id, self.collector)
        self.assertEqual(self.company.recouvrement_contract_years, 3)
        page = form.record
        page.recouvrement_soon_days = 4
        self.assertEqual(self.company.recouvrement_soon_days, 4)

    def test_only_what_changed_is_written(self):
        """Saving the page unchanged must not recompute what hangs on the company."""
        Company = self.env.registry["res.company"]
        with patch.object(Company, "write", autospec=True) as write:
            Form(self._as(self.manager, "recouvrement.settings")).save()
        write.assert_not_called()

    def test_settings_are_the_manager_s(self):
        with self.assertRaises(AccessError):
            self._as(self.collector, "recouvrement.settings").create(
                {"recouvrement_soon_days": 1}
            )
        other = self.env["res.company"].sudo().create({"name": "Not mine"})
        with self.assertRaises(AccessError):
            self._as(self.manager, "recouvrement.settings").create(
                {"company_id": other.id, "recouvrement_soon_days": 1}
            )
        self.assertNotEqual(other.recouvrement_soon_days, 1)

    def test_bad_setting_changes_nothing(self):
        with self.assertRaises(ValidationError):
            self._as(self.manager, "recouvrement.settings").create(
                {"recouvrement_test_email": "nobody", "recouvrement_soon_days": 1}
            )

    def test_both_pages_show_every_setting_in_blocks(self):
        names = self.env["recouvrement.settings"]._setting_names()
        self.assertGreater(len(names), 25)
        for model, block in (
            ("recouvrement.settings", "//div[hasclass('o_settings_container')]"),
            (
                "res.config.settings",
                "//block[starts-with(@name, 'recouvrement_')]",
            ),
        ):
            view = self.env[model].sudo().get_view(view_type="form")
            arch = etree.fromstring(view["arch"])
            shown = {field.get("name") for field in arch.iter("field")}
            self.assertFalse(names - shown, model)
            block = block.replace(
                "hasclass('o_settings_container')",
                "contains(@class, 'o_settings_container')",
            )
            sizes = [len(found.xpath("setting")) for found in arch.xpath(block)]
            self.assertEqual(len(sizes), 5, model)
            self.assertLessEqual(max(sizes), 7, model)

    def test_menus_lead_a_manager_to_the_settings(self):
        menu = self.env.ref("recouvrement_amiable.recouvrement_settings_menu")
        visible = self._as(self.manager, "ir.ui.menu")._visible_menu_ids()
        self.assertIn(menu.id, visible)
        self.assertEqual(menu.sudo().action.res_model, "recouvrement.settings")

    # -- checklist -------------------------------------------------------------
    def _checklist(self):
        return self._as(self.manager, "recouvrement.go.live").create({})

    def _line(self, checklist, code):
        return checklist.line_ids.filtered(lambda line: line.code == code)

    def test_each_point_leads_where_it_is_mended(self):
        checklist = self._checklist()
        models = {}
        for line in checklist.line_ids.filtered("can_open"):
            models[line.code] = line.action_open()["res_model"]
        self.assertEqual(
            models,
            {
                "address": "res.partner",
                "bank_account": "res.partner.bank",
                "people": "recouvrement.settings",
                "ladders": "recouvrement.scenario",
                "contacts": "res.partner",
                "bank_data": "account.journal",
            },
        )
        # mail servers are an administrator's: no button, and the line says whom to ask
        self.env["ir.mail_server"].sudo().search([]).unlink()
        self.env.invalidate_all()
        server = self._line(checklist, "mail_server")
        self.assertEqual(server.status, "missing")
        self.assertIn("administrator", server.advice)

    def test_a_mended_point_is_seen_at_once(self):
        self.company.sudo().recouvrement_collector_id = False
        checklist = self._checklist()
        self.assertEqual(self._line(checklist, "people").status, "warning")
        self.company.sudo().recouvrement_collector_id = self.collector
        self.env.invalidate_all()
        self.assertEqual(self._line(checklist, "people").status, "ok")

    def test_contacts_by_the_means_of_the_ladder(self):
        """A ladder that calls needs telephones; one that writes letters, addresses."""
        self.level1.write({"channel_email": False, "channel_call": True})
        self.level2.write({"channel_email": False, "channel_letter": True})
        (self.courtesy | self.level3).write(
            {"channel_email": False, "channel_call": True}
        )
        self._invoice(3)
        for number in range(7):
            late = self._create_customer(f"Mute{number}", email=False, phone=False)
            self._invoice(3, partner=late)
        nowhere = self._create_customer("Nowhere", street=False, city=False)
        self._invoice(3, partner=nowhere)
        self._dossier(self.env["res.partner"].search([]))
        checklist = self._checklist()
        contacts = self._line(checklist, "contacts")
        self.assertEqual(contacts.status, "warning")
        self.assertIn("8 late", contacts.advice)
        self.assertIn("telephone (7)", contacts.advice)
        self.assertIn("postal address (1)", contacts.advice)
        self.assertNotIn("e-mail", contacts.advice)
        self.assertIn("3 more", contacts.advice)
        found = self.env["res.partner"].search(contacts.action_open()["domain"])
        self.assertEqual(len(found), 8)
        self.assertNotIn(self.customer, found)

    def test_customers_without_a_ladder_are_listed(self):
        self._invoice(3)
        self.scenario.by_hand = True
        dossier = self._dossier()
        checklist = self._checklist()
        self.assertEqual(self._line(checklist, "ladders").status, "warning")
        action = self._line(checklist, "ladders").action_open()
        self.assertEqual(
            self.env["recouvrement.dossier"].search(action["domain"]), dossier
        )
        dossier.scenario_choice_id = self.scenario
        self.env.invalidate_all()
        self.assertEqual(self._line(checklist, "ladders").status, "ok")

    # -- texts -------------------------------------------------------------------
    def _reader(self, **vals):
        vals = dict({"scenario_ids": [Command.set(self.scenario.ids)]}, **vals)
        return self._as(self.manager, "recouvrement.text.reader").create(vals)

    def test_all_the_texts_in_order(self):
        self.level2.write(
            {
                "channel_call": True,
                "call_script": "<p>Good morning {{contact}}, {{amount_due}}</p>",
                "formal_notice": True,
            }
        )
        page = str(self._reader(lang="en_US").page)
        self.assertNotIn("{{", page)
        self.assertIn("Good morning Mrs Example, ", page)
        self.assertIn(f"Relance {self.company.name}", page)
        self.assertIn("formal notice", page)
        places = [page.index(level.name) for level in self.scenario.level_ids]
        self.assertEqual(places, sorted(places))
        self.assertIn("5 days before the due date", page)

    def test_texts_in_another_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.level1.with_context(lang="fr_FR").subject = "Rappel de {{company}}"
        reader = self._reader(lang="fr_FR")
        self.assertIn(f"Rappel de {self.company.name}", str(reader.page))
        reader.lang = "en_US"
        self.assertNotIn("Rappel", str(reader.page))

    def test_every_word_of_the_texts_has_an_example(self):
        """A text with all the words there are shows none of them as a code."""
        reader = self._reader(lang="en_US")
        unknown = [v for v in reader._example(self.level1).values() if "[" in str(v)]
        self.assertFalse(unknown)

    def test_texts_on_paper_and_from_the_checklist(self):
        self._invoice(3)
        self._dossier()
        action = self._checklist().action_read_texts()
        self.assertEqual(action["context"]["default_scenario_ids"], self.scenario.ids)
        reader = self._reader(lang="en_US")
        report = reader.action_print()["report_name"]
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            report, reader.ids
        )
        self.assertIn(self.level3.name, html.decode())
