# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from odoo.addons.recouvrement_amiable.models.recouvrement_stop import Document

# What is written on an order and may raise it, or charge it to another customer.
RAISING = {"order_line", "partner_id", "partner_invoice_id", "fiscal_position_id"}
# In the context: whoever set it looks at the order at the end. No RPC call can bring
# this very object along.
WATCHED = object()


class SaleOrder(models.Model):
    """Stops at the confirmation of an order."""

    _inherit = "sale.order"

    _recouvrement_kind = "order"

    recouvrement_stop_text = fields.Char(
        string="Why It Would Be Stopped",
        compute="_compute_recouvrement_stop",
        groups="base.group_user",
    )
    recouvrement_is_blocked = fields.Boolean(
        compute="_compute_recouvrement_stop", groups="base.group_user"
    )

    def _recouvrement_document(self):
        """This order for the rules, with what it adds in the company's currency.

        :rtype: Document
        """
        self.ensure_one()
        rate = self.currency_rate or 1
        total = self.amount_total / rate
        # a confirmed order is in the exposure already; what is paid adds nothing, and
        # a posted payment is in the exposure as a credit
        paid = sum(
            self.sudo()
            .transaction_ids.filtered(
                lambda tx: tx.state in ("authorized", "done")
                and tx.payment_id.move_id.state != "posted"
            )
            .mapped("amount")
        )
        amount = 0 if self.state == "sale" else max(total - paid / rate, 0)
        return Document(self, self.company_id, self.partner_invoice_id, amount, total)

    @api.depends("state", "partner_invoice_id", "amount_total", "company_id")
    def _compute_recouvrement_stop(self):
        quotations = self.filtered(
            lambda order: order.state in ("draft", "sent")
            and order.partner_invoice_id
            and order.ids
        )
        documents = [order._recouvrement_document() for order in quotations]
        verdicts = self.env["recouvrement.stop"]._verdicts(
            "order", documents, together=False
        )
        found = {verdict.document.record: verdict for verdict in verdicts}
        for order in self:
            verdict = found.get(order)
            order.recouvrement_stop_text = verdict.text() if verdict else False
            order.recouvrement_is_blocked = bool(verdict and verdict.action == "block")

    # -- confirmed, or changed afterwards ---------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """An import may bring orders that are confirmed already."""
        orders = super(SaleOrder, self._recouvrement_watching()).create(vals_list)
        orders = orders.with_env(self.env)
        orders.filtered(lambda o: o.state == "sale")._recouvrement_enforce(
            self.env._(
                "Bring it in as a quotation, ask for its release, then confirm it."
            )
        )
        return orders

    def write(self, vals):
        """Whoever turns an order into a confirmed one, and whoever raises it then."""
        if vals.get("state") == "sale":
            self.filtered(lambda o: o.state != "sale")._recouvrement_enforce()
        elif not self.filtered(lambda o: o.state == "sale"):
            return super().write(vals)
        if not RAISING & set(vals):
            return super().write(vals)
        before = self._recouvrement_totals()
        result = super(SaleOrder, self._recouvrement_watching()).write(vals)
        self._recouvrement_check_raised(before)
        return result

    def _recouvrement_watching(self):
        """These orders, the changes of their lines being looked at once at the end."""
        return self.with_context(recouvrement_watched=WATCHED)

    def _recouvrement_to_watch(self):
        """Confirmed orders whose lines change, unless the order itself is looked at."""
        if self.env.context.get("recouvrement_watched") is WATCHED:
            return self.browse()
        return self.filtered(lambda order: order.state == "sale")

    def _recouvrement_totals(self):
        """``{order: (customer, total)}``"""
        return {
            order: (
                order.sudo().partner_invoice_id.commercial_partner_id,
                order.amount_total,
            )
            for order in self
        }

    def _recouvrement_check_raised(self, before):
        """Confirmed orders that are worth more now, or charged to somebody else."""
        raised = self.browse()
        confirmed = self.filtered(lambda order: order.state == "sale")
        for order, (customer, total) in confirmed._recouvrement_totals().items():
            former_customer, former = before[order]
            more = order.currency_id.compare_amounts(total, former) > 0
            if more or customer != former_customer:
                raised |= order
        raised._recouvrement_enforce(
            self.env._(
                "The order is confirmed: enter what is added as a new quotation, for"
                " which you can ask for a release."
            )
        )

    def _recouvrement_enforce(self, way_out=None):
        documents = [order._recouvrement_document() for order in self]
        if documents:
            self.env["recouvrement.stop"]._enforce("order", documents, way_out)

    def _validate_order(self):
        """The customer signed or paid: no refusal in its face, people are told.

        What is stopped stays a signed quotation; a credit manager decides.
        """
        going = self - self._recouvrement_set_aside()
        return super(SaleOrder, going)._validate_order() if going else None

    def _recouvrement_set_aside(self):
        """Orders that are stopped; their release is asked for.

        :return: sale.order
        """
        return self.env["recouvrement.stop"]._set_aside(
            self, self.env._("Signed or paid by the customer on the portal.")
        )

    @api.depends("partner_invoice_id")
    def _compute_payment_term_id(self):
        """A risky class gets the terms that the company keeps for it."""
        result = super()._compute_payment_term_id()
        for order in self:
            term = order.company_id.sudo().recouvrement_risk_term_id
            if term and order._recouvrement_is_risky("D"):
                order.payment_term_id = term
        return result

    @api.depends("partner_invoice_id")
    def _compute_require_payment(self):
        """The worst class pays with the order, if the company wants it so."""
        result = super()._compute_require_payment()
        for order in self:
            if order.company_id.sudo().recouvrement_deposit_percent:
                if order._recouvrement_is_risky("E"):
                    order.require_payment = True
        return result

    @api.depends("require_payment", "partner_invoice_id")
    def _compute_prepayment_percent(self):
        result = super()._compute_prepayment_percent()
        for order in self:
            share = order.company_id.sudo().recouvrement_deposit_percent
            if share and order._recouvrement_is_risky("E"):
                order.prepayment_percent = share
        return result

    def _recouvrement_is_risky(self, risk_class):
        """Whether the customer's class is that one or worse."""
        partner = self.partner_invoice_id or self.partner_id
        dossier = (
            self.env["recouvrement.dossier"]
            .sudo()
            .search(
                [
                    ("partner_id", "=", partner.commercial_partner_id.id),
                    ("company_id", "=", self.company_id.id),
                ]
            )
        )
        if not dossier:
            return False
        if dossier._is_natural_person() and dossier._class_is_score_only():
            return False  # no terms for a person by a score alone
        return self.env["recouvrement.score"]._worse(dossier.risk_class, risk_class)
