# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import ormcache


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

    @api.model
    @ormcache("company_id")
    def _days_of(self, company_id):
        """Closed days of a company; each sentence of a list asks for them."""
        return tuple(
            self.sudo()
            .search_fetch([("company_id", "=", company_id)], ["date"])
            .mapped("date")
        )

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
