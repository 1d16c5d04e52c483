# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class ResConfigSettings(models.TransientModel):
    """Odoo's own settings page, for administrators."""

    _name = "res.config.settings"
    _inherit = ["res.config.settings", "recouvrement.setting.fields"]
