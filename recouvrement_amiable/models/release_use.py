# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from copy import deepcopy

from odoo import api, fields, models
from odoo.exceptions import UserError

# The broadest release first, one up to an amount last: it is not spent for nothing.
PREFERENCE = ("until", "once", "amount")


class RecouvrementRelease(models.Model):
    """What a release lets go, what is left of it, and how it ends."""

    _inherit = "recouvrement.release"

    amount_used = fields.Monetary(string="Used", readonly=True)
    uses = fields.Json(
        string="Documents Let Go",
        readonly=True,
        copy=False,
        help="Amounts by origin (an order, or the document itself), by kind of"
        " document, by document.",
    )
    end_reason = fields.Char(string="Why It Ends", copy=False, tracking=True)

    # ------------------------------------------------------------------
    # Use
    # ------------------------------------------------------------------
    @api.model
    def _let_go(self, verdict, use=True):
        """Whether a release covers a stopped document; it is used up by it.

        :param use: False only to look, before the document is really confirmed
        """
        document = verdict.document
        known = verdict.dossier._origin  # nothing was granted to who has no dossier
        found = self.search(
            [
                ("dossier_id", "in", known.ids),
                "|",
                ("state", "=", "granted"),
                # spent, but what it let go may still be delivered and invoiced
                "&",
                ("state", "=", "used"),
                ("kind", "=", "amount"),
            ]
        ).filtered(lambda release: release._holds() and release._covers(document))
        release = found.sorted(lambda release: release._preference(document))[:1]
        if release and use:
            release._use(document)
        return bool(release)

    def _is_in_force(self):
        return self.state == "granted" or (
            self.state == "used" and self.kind == "amount"
        )

    def _holds(self):
        """Not ended, and no person has stopped the customer since it was granted."""
        if self.valid_until:
            if self.valid_until < self.company_id._recouvrement_today():
                return False
        dossier = self.dossier_id
        halted = dossier.halted_on if dossier.is_stopped or dossier.insolvency else None
        return not (halted and self.decided_on and halted > self.decided_on)

    def _covers(self, document):
        if self.kind == "until":
            return True
        compare = self.currency_id.compare_amounts
        if self.kind == "once":
            record = document.record
            return (self.res_model, self.res_id) == (record._name, record.id) and (
                compare(document.total, self.amount) <= 0
            )  # else it has grown since it was looked at
        used = self._sum(self._uses_with(document))
        if self.state == "used":
            known = set(document.origins()) <= set(self.uses or {})
            return known and compare(used, self.amount_used) <= 0
        return compare(used, self.amount) <= 0

    def _preference(self, document):
        more = 0
        if self.kind == "amount":
            more = self._sum(self._uses_with(document)) - self.amount_used
        return PREFERENCE.index(self.kind), more, self.id

    def _uses_with(self, document):
        """What is let go once this document is."""
        uses = deepcopy(self.uses or {})
        record = document.record
        name = f"{record._name},{record.id}"
        for origin, amount in document.origins().items():
            kinds = uses.setdefault(origin, {})
            kinds.setdefault(record._recouvrement_kind, {})[name] = amount
        return uses

    @api.model
    def _sum(self, uses):
        """An order, its deliveries and its invoices are the same money, once."""
        return sum(
            max(sum(amounts.values()) for amounts in kinds.values())
            for kinds in uses.values()
        )

    def _use(self, document):
        """Note on the document with whose release it goes on."""
        self.ensure_one()
        if self.kind == "once":
            self.state = "used"
        elif self.kind == "amount":
            self.uses = self._uses_with(document)
            self.amount_used = self._sum(self.uses)
            if self.currency_id.compare_amounts(self.amount_used, self.amount) >= 0:
                self.state = "used"
        document.record.sudo()._message_log(
            body=self.env._(
                "Goes on with the release of %(user)s: %(reason)s",
                user=self.decided_by.name,
                reason=self.decision,
            )
        )

    # ------------------------------------------------------------------
    # End
    # ------------------------------------------------------------------
    def action_end(self):
        """What was released by mistake, or no longer should be, is stopped again."""
        self._check_manager()
        for release in self:
            if not release._is_in_force():
                raise UserError(self.env._("%s is not in force.", release.display_name))
            if not (release.end_reason or "").strip():
                raise UserError(
                    self.env._("Say why, in “Why It Ends”: it is kept with it.")
                )
        for release in self.sudo():  # its state is never typed
            release.state = "ended"
            release._tell(
                self.env._(
                    "%(user)s ends the release of %(document)s: %(reason)s",
                    user=self.env.user.name,
                    document=release.display_name,
                    reason=release.end_reason,
                )
            )
