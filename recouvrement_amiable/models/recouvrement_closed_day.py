# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class RecouvrementClosedDay(models.Model):
    _name = "recouvrement.closed.day"
    _description = "Closed day"
    _order = "date desc"

    name = fields.Char(required=True)
    date = fields.Date(required=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )

    _company_date_uniq = models.UniqueIndex(
        "(company_id, date)", "This day is already closed for this company."
    )
