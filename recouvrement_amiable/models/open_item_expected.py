# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools.misc import format_date

# What a person or a procedure settles is not paid by habit.
UNEXPECTED = ("blocked", "dispute", "insolvency", "handover")


class RecouvrementOpenItem(models.Model):
    """When an open item will probably be paid, read from the customer's habits."""

    _inherit = "recouvrement.open.item"

    expected_date = fields.Date(
        string="Expected Payment",
        compute="_compute_expected",
        help="Day on which this customer will probably pay, from the days on which it"
        " paid before. Empty: a credit, a contested item, or a customer without a"
        " score.",
    )
    expected_low = fields.Date(string="Earliest Payment", compute="_compute_expected")
    expected_high = fields.Date(string="Latest Payment", compute="_compute_expected")
    expected_text = fields.Char(
        string="Expected Payment in Words", compute="_compute_expected"
    )

    @api.depends_context("recouvrement_day", "lang")
    def _compute_expected(self):
        rows = [
            {
                "dossier_id": item.dossier_id.id,
                "date_due": item.date_due,
                "amount_residual": item.amount_residual,
                "reason": item.reason,
            }
            for item in self
        ]
        for item, days in zip(self, self._expected_of(rows), strict=True):
            item.expected_low, item.expected_date, item.expected_high = days or (
                False,
                False,
                False,
            )
            item.expected_text = self._expected_words(days)

    @api.model
    def _expected_of(self, rows):
        """When items will probably be paid.

        :param rows: rows of the one query, as dicts
        :return: list of ``(low, expected, high)`` dates, or None, in their order
        """
        Dossier = self.env["recouvrement.dossier"]
        asked = [
            row
            for row in rows
            if row["dossier_id"]
            and row["amount_residual"] > 0
            and row["reason"] not in UNEXPECTED
        ]
        answers = iter(
            Dossier._expected_payments(
                [(Dossier.browse(row["dossier_id"]), row["date_due"]) for row in asked]
            )
        )
        known = {id(row) for row in asked}
        return [next(answers) if id(row) in known else None for row in rows]

    @api.model
    def _expected_words(self, days):
        """The expected day and its spread, in one sentence."""
        if not days:
            return False
        low, likely, high = (format_date(self.env, day) for day in days)
        if low == high:
            return self.env._("About %s, as this customer usually pays", likely)
        return self.env._(
            "About %(likely)s; half of the time between %(low)s and %(high)s",
            likely=likely,
            low=low,
            high=high,
        )
