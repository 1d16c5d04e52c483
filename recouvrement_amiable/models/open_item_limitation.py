# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from ..legal.dates import add_months
from .limitation_words import LimitationWords
from .recouvrement_limitation import STAGES


class RecouvrementOpenItem(models.Model):
    """Until when an open item can be claimed, and why."""

    _inherit = "recouvrement.open.item"

    limitation_date = fields.Date(
        string="Last Day to Claim",
        compute="_compute_limitation",
        help="Last day to claim it in court. A reminder does not put it off.",
    )
    limitation_text = fields.Text(string="Prescription", compute="_compute_limitation")
    limitation_state = fields.Selection(
        "_selection_limitation_state",
        string="Prescription State",
        compute="_compute_limitation",
        search="_search_limitation_state",
    )

    @api.model
    def _selection_limitation_state(self):
        return [
            ("near", self.env._("Prescription near")),
            ("prescribed", self.env._("Prescribed")),
        ]

    @api.depends_context("recouvrement_day", "lang")
    def _compute_limitation(self):
        Reader = self.env["recouvrement.limitation.reader"].sudo()
        self.limitation_date = False
        self.limitation_text = False
        self.limitation_state = False
        for company, items in self.grouped("company_id").items():
            if not company:
                continue
            day = company._recouvrement_today()
            answers = Reader._of_items(items._origin.ids, day)
            words = LimitationWords(self.env, day)
            for item in items:
                answer = answers.get(item._origin.id)
                if answer is not None:
                    last_day = Reader._last_day(answer)
                    item.limitation_date = last_day
                    item.limitation_text = words.text(answer)
                    item.limitation_state = self._limitation_state(last_day, day)

    @api.model
    def _limitation_state(self, last_day, day):
        if not last_day or last_day > add_months(day, STAGES[0]):
            return False
        return "prescribed" if last_day < day else "near"

    def _search_limitation_state(self, operator, value):
        """From the table of what is near: refreshed each night and at each change."""
        if operator != "in":
            return NotImplemented
        found = self._limitation_ids([state for state in value if state])
        domain = [("id", "in", found)]
        if False in value:
            known = self._limitation_ids(("near", "prescribed"))
            domain = ["|", *domain, ("id", "not in", known)]
        return domain

    @api.model
    def _limitation_ids(self, states):
        self.env["recouvrement.limitation"].flush_model()
        found = []
        for company in self.env.companies:
            day = company._recouvrement_today()
            bounds = {
                "near": SQL(
                    "last_day BETWEEN %s AND %s", day, add_months(day, STAGES[0])
                ),
                "prescribed": SQL("last_day < %s", day),
            }
            for state in states:
                rows = self.env.execute_query(
                    SQL(
                        "SELECT move_line_id FROM recouvrement_limitation"
                        " WHERE company_id = %s AND %s",
                        company.id,
                        bounds[state],
                    )
                )
                found += [row[0] for row in rows]
        return found
