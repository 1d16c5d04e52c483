# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

PARAMETER = "recouvrement_demo_day.day"


class ResCompany(models.Model):
    _inherit = "res.company"

    def _recouvrement_today(self):
        """The day of the demo, unless another one is asked for."""
        day = self.env["ir.config_parameter"].sudo().get_param(PARAMETER)
        if day and not self._recouvrement_forced_day():
            return fields.Date.to_date(day)
        return super()._recouvrement_today()
