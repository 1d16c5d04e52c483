# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from ..legal.rates import reference_rates


class ResCompany(models.Model):
    _inherit = "res.company"

    def _recouvrement_reference_rates(self):
        """The reference rates that this company computes with.

        :rtype: legal.rates.ReferenceRates
        """
        return reference_rates()
