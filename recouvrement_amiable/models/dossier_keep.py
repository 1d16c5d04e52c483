# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import UserError

SHOWN = 5


class RecouvrementDossier(models.Model):
    """What a dossier is kept for, even when somebody deletes its customer."""

    _inherit = "recouvrement.dossier"

    @api.model
    def _keepsakes(self):
        """``(words, model, domain)`` of the records that outlive a customer."""
        return [
            (self.env._("relances"), "recouvrement.relance", []),
            (self.env._("charges"), "recouvrement.charge", []),
            (self.env._("legal events"), "recouvrement.legal.event", []),
            (self.env._("guarantees"), "recouvrement.guarantee", []),
            (
                self.env._("limits that were decided"),
                "recouvrement.limit",
                [("state", "!=", "asked")],
            ),
            (
                self.env._("releases that were decided"),
                "recouvrement.release",
                [("state", "!=", "asked")],
            ),
            (self.env._("exclusions"), "recouvrement.exclusion", []),
            (
                self.env._("a payment history"),
                "recouvrement.score",
                [("known_count", ">", 0)],
            ),
        ]

    @api.model
    def _kept_decisions(self):
        """``(words, field)`` of what a person decided on the dossier itself."""
        return [
            (self.env._("an insolvency"), "insolvency"),
            (self.env._("a stop"), "is_stopped"),
            (self.env._("a pause"), "is_paused"),
            (self.env._("a risk class decided by hand"), "class_choice"),
        ]

    def _kept(self):
        """What each dossier is kept for, a query for each kind of record.

        :rtype: dict[res.partner, list[str]], for those that hold something
        """
        found = {}
        for words, model, domain in self._keepsakes():
            records = self.env[model].with_context(active_test=False)
            groups = records._read_group(
                [("dossier_id", "in", self.ids), *domain], ["dossier_id"]
            )
            for (dossier,) in groups:
                found.setdefault(dossier.partner_id, {})[words] = True
        for words, field in self._kept_decisions():
            for dossier in self.filtered(field):
                found.setdefault(dossier.partner_id, {})[words] = True
        return {customer: list(words) for customer, words in found.items()}

    def _check_empty(self):
        """Refuse to lose what these dossiers are kept for, and say what it is."""
        if not self:
            return
        sentences = [
            self.env._(
                "%(customer)s cannot be deleted: its dossier keeps %(what)s. Archive"
                " the customer instead.",
                customer=customer.display_name,
                what=", ".join(words),
            )
            for customer, words in self._kept().items()
        ]
        if sentences:
            raise UserError("\n".join(sentences[:SHOWN]))
