# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ..legal.sectors import GENERAL

_CLOCK = {
    "recouvrement_sector",
    "recouvrement_notice_basis",
    "recouvrement_notice_clause",
    "recouvrement_contract_years",
    "recouvrement_payment_interrupts",
}


class ResCompany(models.Model):
    """What a company's trade and contracts say about prescription."""

    _inherit = "res.company"

    recouvrement_sector = fields.Selection(
        "_selection_recouvrement_sector",
        string="Trade",
        default=GENERAL,
        required=True,
        help="Sets how long your claims live. General rule: five years against a"
        " company (C. com. L110-4), two against a consumer (C. conso. L218-2), four"
        " calendar years against a public body (law 68-1250). By default the general"
        " rule; not known: the shortest period there is, for alerts that come early.",
    )
    recouvrement_notice_clause = fields.Boolean(
        string="Formal Notice Interrupts by Contract",
        help="Your general terms say that a formal notice interrupts prescription"
        " (C. civ. 2254). Only between professionals: never against a consumer (C."
        " conso. L218-1). Off by default: the law alone gives a letter no such effect.",
    )
    recouvrement_contract_years = fields.Integer(
        string="Prescription by Contract",
        help="Years agreed with companies, from 1 to 10 (C. civ. 2254). 0, the"
        " default: the legal period. Never against a consumer or a public body.",
    )
    recouvrement_payment_interrupts = fields.Boolean(
        string="Part Payments Interrupt",
        help="A part payment acknowledges the debt, so that a new period runs (C. civ."
        " 2240). Courts say so, no text does, and the debtor may contest it: off by"
        " default, for earlier alerts. Against a public body it always counts (law"
        " 68-1250, art. 2).",
    )

    _recouvrement_contract_years_legal = models.Constraint(
        "CHECK (COALESCE(recouvrement_contract_years, 0) BETWEEN 0 AND 10)",
        "A contract sets prescription from 1 to 10 years (C. civ. 2254); 0 keeps the"
        " legal period.",
    )

    @api.model
    def _selection_recouvrement_sector(self):
        return [
            (GENERAL, self.env._("General rule")),
            ("transport", self.env._("Carriage of goods")),
            ("telecom", self.env._("Telecommunications")),
            ("energy", self.env._("Electricity and gas")),
            ("water", self.env._("Water, private operator")),
            ("public_water", self.env._("Water, public service")),
            ("ship_supplies", self.env._("Supplies and works on ships")),
            ("consumer_credit", self.env._("Consumer credit")),
            ("unknown", self.env._("Not known: shortest period")),
        ]

    def write(self, vals):
        result = super().write(vals)
        if _CLOCK & set(vals):
            for company in self:
                self.env["recouvrement.limitation"].sudo()._refresh(company)
        return result
