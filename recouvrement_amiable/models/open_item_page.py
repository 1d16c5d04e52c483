# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.fields import Domain

# What ``SituationQuery.plain`` knows.
PLAIN_FIELDS = {
    "id",
    "move_line_id",
    "move_id",
    "company_id",
    "partner_id",
    "dossier_id",
    "scenario_id",
    "currency_id",
    "amount_residual",
    "amount_residual_currency",
    "days_late",
    "date_due",
    "is_late",
}
# Beyond, the situation of the whole ledger costs no more than that of the customers.
LARGEST_PAGE = 500


class RecouvrementOpenItem(models.Model):
    """A page of a list: the situation of its customers, not of the whole ledger.

    Which items are on it, and how many there are besides, the lines tell by
    themselves, as long as neither filter nor order ask for a situation.
    """

    _inherit = "recouvrement.open.item"

    @property
    def _table_query(self):
        if not self.env.context.get("recouvrement_plain"):
            return super()._table_query
        scope = self._scope_sql(self.env.context.get("recouvrement_scope"))
        return self._query(self.env.companies, scope=scope).plain()

    @api.model
    @api.readonly
    def search_count(self, domain, limit=None):
        return super(RecouvrementOpenItem, self._plain_for(domain)).search_count(
            domain, limit=limit
        )

    @api.model
    @api.readonly
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        model = self
        if limit and limit <= LARGEST_PAGE:
            model = self._plain_for(domain, order or self._order)
        if model is self:
            return super().search_fetch(domain, field_names, offset, limit, order)
        found = super(RecouvrementOpenItem, model).search_fetch(
            domain, [], offset, limit, order
        )
        page = found.with_env(self.env)
        if field_names:  # amounts are rounded in the currency of their item
            field_names = [*field_names, "currency_id"]
        page.fetch(field_names)
        return page

    @api.model
    def _plain_for(self, domain, order=""):
        """This model without situations, if nothing that is asked for needs one."""
        if self.env.context.get("recouvrement_plain"):
            return self
        rules = self.env["ir.rule"]._compute_domain(self._name, "read")
        conditions = (Domain(domain) & Domain(rules)).iter_conditions()
        asked = {one.field_expr.partition(".")[0] for one in conditions}
        asked |= {term.split()[0] for term in order.split(",") if term.strip()}
        return (
            self.with_context(recouvrement_plain=True)
            if asked <= PLAIN_FIELDS
            else self
        )
