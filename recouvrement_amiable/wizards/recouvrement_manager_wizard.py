# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError


class RecouvrementManagerWizard(models.AbstractModel):
    """What a credit manager decides for a company that is theirs.

    Nobody but an administrator may write on a company: these screens check the
    person first, then write what they are for.
    """

    _name = "recouvrement.manager.wizard"
    _inherit = "recouvrement.wizard"
    _description = "Decision of a credit manager for a company"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )

    @api.depends_context("lang")
    def _compute_display_name(self):
        """The screen's name, as in its menu: there is one of a kind."""
        for wizard in self:
            wizard.display_name = self._title()

    @api.model
    def _title(self):
        return self._description

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        wizards._check_manager()
        return wizards

    def write(self, vals):
        result = super().write(vals)
        self._check_manager()
        return result

    def _check_manager(self):
        """A credit manager decides, for the companies that are theirs."""
        if not self.env.user.has_group("recouvrement_amiable.group_credit_manager"):
            raise AccessError(
                self.env._(
                    "Only a credit manager decides on the relances of a company."
                )
            )
        if self.company_id - self.env.user.company_ids:
            raise AccessError(self.env._("This company is not one of yours."))
