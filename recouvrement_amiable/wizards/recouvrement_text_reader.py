# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.relance_text import PLACEHOLDERS, fill, fill_html

# What the examples ask for: an amount, and interest and indemnity on it.
EXAMPLE_AMOUNT, EXAMPLE_INTEREST, EXAMPLE_INDEMNITY = 4310.0, 38.2, 40.0
EXAMPLE_DAYS_BEFORE = 5


class RecouvrementTextReader(models.TransientModel):
    """All the words of some ladders on one page, in one of the languages.

    Whoever takes the relances live says to have read them: six ladders of levels are
    more windows than anybody opens.
    """

    _name = "recouvrement.text.reader"
    _inherit = "recouvrement.wizard"
    _description = "Texts of the scenarios"

    scenario_ids = fields.Many2many(
        "recouvrement.scenario",
        string="Scenarios",
        required=True,
        default=lambda self: self._default_scenarios(),
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        required=True,
        default=lambda self: self._default_lang(),
    )
    page = fields.Html(compute="_compute_page", sanitize=False)

    @api.model
    def _default_scenarios(self):
        Scenario = self.env["recouvrement.scenario"]
        if self.env.context.get("active_model") == Scenario._name:
            return Scenario.browse(self.env.context.get("active_ids"))
        return Scenario.search([("company_id", "in", [False, self.env.company.id])])

    @api.model
    def _default_lang(self):
        """Most debtors are written to in the company's language."""
        return self.env["recouvrement.relance"]._installed_lang(
            self.env.company.sudo().partner_id.lang, self.env.lang
        )

    @api.depends("lang", "scenario_ids")
    def _compute_display_name(self):
        for reader in self:
            reader.display_name = self.env._("Texts of the Scenarios")

    @api.depends("lang", "scenario_ids")
    def _compute_page(self):
        for reader in self:
            reader.page = self.env["ir.qweb"]._render(
                "recouvrement_amiable.scenario_texts",
                {"scenarios": reader._scenarios()},
                minimal_qcontext=True,
            )

    def _scenarios(self):
        """What the page shows of each ladder, levels in order."""
        scenarios = self.scenario_ids._origin.with_context(lang=self.lang)
        return [
            {
                "name": scenario.name,
                "note": scenario.note or "",
                "levels": [
                    self._level_texts(level)
                    for level in scenario.level_ids.sorted("delay")
                ],
            }
            for scenario in scenarios.sorted(lambda s: (s.sequence, s.id))
        ]

    def _level_texts(self, level):
        """Texts in the reader's language, words about them in the user's."""
        writes = level.channel_email or level.channel_letter or level.channel_registered
        speaks = level.channel_call or level.channel_visit
        values = self._example(level)
        return {
            "name": level.name,
            "when": self._when(level.delay),
            "channels": level.with_env(self.env).channel_text,
            "facts": self._facts(level),
            "subject": _shown(fill, level.subject, values) if writes else "",
            "body": _shown(fill_html, level.body, values) if writes else "",
            "script": _shown(fill_html, level.call_script, values) if speaks else "",
        }

    def _when(self, delay):
        if not delay:
            return self.env._("on the due date")
        if delay < 0:
            return self.env._("%s days before the due date", -delay)
        return self.env._("%s days after the due date", delay)

    def _facts(self, level):
        """What else leaves with the text, or must happen before."""
        facts = [
            (level.approval, self.env._("needs approval")),
            (level.formal_notice, self.env._("formal notice")),
            (level.attach_invoices, self.env._("invoices attached")),
            (level.charges == "announce", self.env._("late-payment charges reminded")),
        ]
        return [words for wanted, words in facts if wanted]

    def _example(self, level):
        """Values for the words between braces, as for a customer of two invoices."""
        company = self.env.company.sudo()
        relance = level.env["recouvrement.relance"].new(
            {
                "company_id": company.id,
                "level_id": level.id,
                "date": company._recouvrement_today(),
                "state": "to_approve",
            }
        )
        today = company._recouvrement_today()
        late = max(level.delay, 0)
        due = today - timedelta(days=late or -EXAMPLE_DAYS_BEFORE)
        bank = company.partner_id.bank_ids[:1]
        user = company.recouvrement_collector_id or company.recouvrement_manager_id
        person = user.partner_id or company.partner_id
        claimed = EXAMPLE_AMOUNT + EXAMPLE_INTEREST + EXAMPLE_INDEMNITY
        values = {word: f"[{word}]" for word in PLACEHOLDERS}
        values.update(
            {
                "customer": level.env._("Example Customer Ltd"),
                "contact": level.env._("Mrs Example"),
                "company": company.name,
                "amount_due": relance._money(EXAMPLE_AMOUNT),
                "amount_late": relance._money(EXAMPLE_AMOUNT),
                "amount_interest": relance._money(EXAMPLE_INTEREST),
                "amount_indemnity": relance._money(EXAMPLE_INDEMNITY),
                "amount_claimed": relance._money(claimed),
                "invoice_count": 2,
                "invoices": level.env._("F-0107, F-0142"),
                "oldest_due_date": relance._long_date(due),
                "days_late": late,
                "today": relance._long_date(today),
                "pay_before": relance._long_date(relance._pay_before()),
                "payment_reference": level.env._("R-0001"),
                "iban": relance._iban(bank),
                "bic": bank.bank_bic or "",
                "portal_link": f"{company.get_base_url()}/relance/…",
                "collector": person.name,
                "collector_phone": person.phone or company.phone or "",
                "collector_email": person.email or company.email or "",
            }
        )
        return values

    def action_print(self):
        """The same page on paper."""
        self.ensure_one()
        return self.env.ref("recouvrement_amiable.scenario_texts_report").report_action(
            self
        )


def _shown(fill_words, text, values):
    """The text, or in its place why it cannot be written."""
    try:
        return fill_words(text, values)
    except UserError as error:
        return str(error)
