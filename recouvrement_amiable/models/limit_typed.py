# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class RecouvrementLimit(models.Model):
    """Limits typed in core's own field, past the request.

    Who may decide on the amount has decided. From anybody else it holds, as in core,
    but it is put before a credit manager; a refusal puts the former amount back.
    """

    _inherit = "recouvrement.limit"

    typed = fields.Boolean(
        string="Typed on the Customer",
        readonly=True,
        copy=False,
        help="Holds already, without having been asked for.",
    )

    @api.model
    def _note_typed(self, partners, before):
        """Log the limits that somebody typed on some customers.

        :param dict before: former limits by partner id
        """
        company, user = self.env.company, self.env.user
        dossiers = (
            self.env["recouvrement.dossier"]
            .sudo()
            ._of_customers({(company.id, partner.id) for partner in partners})
        )
        for (_company_id, partner_id), dossier in dossiers.items():
            partner = partners.browse(partner_id)
            former, amount = before.get(partner_id) or 0, partner.credit_limit
            told = self.env._(
                "%(user)s typed the limit on the customer, without a request:"
                " %(former)s before, %(amount)s now.",
                user=user.name,
                former=dossier._limit_money(former),
                amount=dossier._limit_money(amount),
            )
            dossier._message_log(body=told)
            if partner.recouvrement_head_id:
                continue  # the limit of the group's head counts
            self.sudo()._record_typed(dossier, user, former, amount, told)

    def _record_typed(self, dossier, user, former, amount, told):
        """A limit in the history, decided or to decide; 0 is no limit any more."""
        in_force = self._in_force(dossier)
        limit = in_force.filtered(lambda known: known.state == "asked")
        approved = in_force - limit
        agreed = approved or limit
        before = approved.amount if approved else limit.previous_amount
        if agreed and not dossier.currency_id.compare_amounts(amount, before):
            limit.unlink()  # put right by whoever typed
            return
        if not limit:
            limit = self.create(
                {
                    "dossier_id": dossier.id,
                    "amount": amount,
                    "typed": True,
                    "reason": self.env._("Typed on the customer by %s", user.name),
                }
            )
            limit.previous_amount = former
        limit.amount = amount
        if self._decides(user, dossier.company_id, limit._weight()):
            limit._approve(user)
            return
        manager = dossier.company_id.recouvrement_manager_id or dossier._collector()
        if manager:
            dossier.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=manager.id,
                summary=self.env._("Limit typed on the customer: approve or refuse it"),
                note=told,
            )

    def _approve(self, user):
        """A typed 0 is no limit at all; one that was asked for is no credit."""
        result = super()._approve(user)
        if self.typed and not self.amount:
            self._end_all(self.dossier_id)
        return result

    def _end_all(self, dossier):
        """The customer has no limit any more."""
        self._in_force(dossier).write({"state": "replaced"})
        dossier.write(
            {"limit_until": False, "limit_review_on": False, "no_credit": False}
        )

    def action_refuse(self):
        """What was typed and is refused was never agreed: the former amount holds."""
        result = super().action_refuse()
        for limit in self.sudo().filtered("typed"):
            limit._set_core_limit(limit.previous_amount)
        return result
