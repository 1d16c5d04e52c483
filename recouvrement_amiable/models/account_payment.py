# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    # Recorded, and without an entry until the bank confirms it: see
    # ``situation_elsewhere``, whose conditions these are.
    _recouvrement_unbooked_idx = models.Index(
        "(partner_id) WHERE state = 'in_process' AND move_id IS NULL"
        " AND payment_type = 'inbound' AND partner_type = 'customer'"
    )
