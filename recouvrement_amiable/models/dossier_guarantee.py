# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import formatLang

from .guarantee_cover import Cover


class RecouvrementDossier(models.Model):
    """What covers the claim on the customer."""

    _inherit = "recouvrement.dossier"

    guarantee_ids = fields.One2many("recouvrement.guarantee", "dossier_id")
    insured_amount = fields.Monetary(
        string="Insured",
        compute="_compute_guarantees",
        help="Part of what is open that credit insurance covers today.",
    )
    guaranteed_amount = fields.Monetary(
        string="Guaranteed",
        compute="_compute_guarantees",
        help="Part of what is open that all valid guarantees cover today, credit"
        " insurance included; never more than what is open.",
    )
    guarantee_text = fields.Char(string="Cover", compute="_compute_guarantees")
    guarantee_warning = fields.Char(compute="_compute_guarantees")

    @api.depends(
        "guarantee_ids.active",
        "guarantee_ids.amount",
        "guarantee_ids.cover",
        "guarantee_ids.currency_id",
        "guarantee_ids.kind",
        "guarantee_ids.quota",
        "guarantee_ids.valid_from",
        "guarantee_ids.valid_until",
    )
    @api.depends_context("recouvrement_day", "lang")
    def _compute_guarantees(self):
        saved = self._origin
        covers = self.env["recouvrement.guarantee"]._covered(saved)
        for dossier in self:
            cover = covers.get(dossier._origin.id, Cover())
            dossier.insured_amount = cover.insured
            dossier.guaranteed_amount = cover.covered
            dossier.guarantee_text = dossier._cover_text(cover)
            dossier.guarantee_warning = dossier._cover_warning(cover)

    def _cover_text(self, cover):
        """What is covered, and what the guarantees exceed the claim by."""
        self.ensure_one()
        if not cover.valid_count:
            return self.env._("No valid guarantee.")
        if not cover.claim:
            return self.env._(
                "Nothing is open: guarantees of %s are there for what comes.",
                self._money(cover.ceiling),
            )
        text = self.env._(
            "%(covered)s of the %(claim)s open are covered: %(insured)s by credit"
            " insurance, %(other)s otherwise.",
            covered=self._money(cover.covered),
            claim=self._money(cover.claim),
            insured=self._money(cover.insured),
            other=self._money(cover.other),
        )
        if cover.ceiling <= cover.claim:
            return text
        more = self.env._(
            "The guarantees add up to %s, more than what is open: nothing counts"
            " beyond the claim.",
            self._money(cover.ceiling),
        )
        return f"{text} {more}"

    def _cover_warning(self, cover):
        """What no longer covers anything though nobody archived it."""
        warnings = []
        if cover.expired_count:
            warnings.append(
                self.env._(
                    "%s guarantee(s) expired and cover nothing any more: renew or"
                    " archive.",
                    cover.expired_count,
                )
            )
        if cover.unrated:
            warnings.append(
                self.env._(
                    "No exchange rate for %s: the guarantees in that currency count"
                    " for nothing until there is one.",
                    ", ".join(cover.unrated),
                )
            )
        if cover.blind_stop:
            warnings.append(
                self.env._(
                    "More is open than the blind cover of %s: ask the insurer for a"
                    " named one.",
                    self._money(cover.blind_stop),
                )
            )
        return " ".join(warnings)

    def _money(self, amount):
        return formatLang(self.env, amount, currency_obj=self.currency_id)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_guaranteed(self):
        guarantees = self.sudo().with_context(active_test=False).guarantee_ids
        if guarantees:
            raise UserError(
                self.env._(
                    "The dossier of %s has guarantees, archived ones included: delete"
                    " those first, or pause the dossier instead.",
                    guarantees[:1].dossier_id.display_name,
                )
            )
