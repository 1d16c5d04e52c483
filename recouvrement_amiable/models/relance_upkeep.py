# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.tools import SQL

from .recouvrement_relance import OPEN_STATES
from .relance_plan import RelancePlan
from .relance_writer import line_totals_sql
from .situation_reasons import HOLD_ORDER, reasons_of, wait_bit


class RecouvrementRelance(models.Model):
    """Set-based upkeep: states, amounts, and the ledger of the moment."""

    _inherit = "recouvrement.relance"

    def _refresh_progress(self):
        """State and flags from the deliveries, one statement for all relances."""
        if not self.ids:
            return
        self.env["recouvrement.delivery"].flush_model()
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE recouvrement_relance r
                   SET has_failure = n.failed, has_letter = n.letter, state = n.state
                  FROM recouvrement_relance me
             LEFT JOIN (
                    SELECT relance_id,
                           bool_or(state IN ('failed', 'returned')
                                   AND NOT COALESCE(settled, false)) AS failed,
                           bool_or(channel IN ('letter', 'registered')
                             AND state IN ('draft', 'queued', 'todo')) AS letter,
                           bool_or(state IN ('draft', 'queued', 'sending', 'todo')
                             OR (state IN ('failed', 'returned')
                                 AND NOT COALESCE(settled, false))) AS pending
                      FROM recouvrement_delivery
                     WHERE relance_id IN %(ids)s
                  GROUP BY relance_id) x ON x.relance_id = me.id
                 CROSS JOIN LATERAL (
                    SELECT COALESCE(x.failed, false) AS failed,
                           COALESCE(x.letter, false) AS letter,
                           CASE
                             WHEN me.state NOT IN ('approved', 'done') THEN me.state
                             WHEN COALESCE(x.pending, false) THEN 'approved'
                             ELSE 'done' END AS state) n
                 WHERE r.id = me.id AND me.id IN %(ids)s
                   AND (r.has_failure, r.has_letter, r.state)
                       IS DISTINCT FROM (n.failed, n.letter, n.state)
                """,
                ids=tuple(self.ids),
            )
        )
        self.invalidate_recordset(["state", "has_failure", "has_letter"])

    def _refresh_amounts(self):
        """Totals from the lines that still count, one statement for all."""
        if not self.ids:
            return
        self.env["recouvrement.relance.line"].flush_model()
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE recouvrement_relance r
                   SET amount_late = COALESCE(x.late, 0),
                       amount_credit = COALESCE(x.credit, 0),
                       amount_due = GREATEST(x.late - x.credit, 0),
                       amount_claimed = GREATEST(x.late - x.credit, 0)
                           + COALESCE(me.amount_interest, 0)
                           + COALESCE(me.amount_indemnity, 0),
                       item_count = COALESCE(x.items, 0),
                       days_late = COALESCE(x.days_late, 0)
                  FROM recouvrement_relance me
             LEFT JOIN (%(totals)s) x ON x.relance_id = me.id
                 WHERE r.id = me.id AND me.id IN %(ids)s
                   AND (r.amount_late, r.amount_credit, r.item_count, r.days_late)
                       IS DISTINCT FROM (COALESCE(x.late, 0), COALESCE(x.credit, 0),
                       COALESCE(x.items, 0), COALESCE(x.days_late, 0))
                """,
                ids=tuple(self.ids),
                totals=line_totals_sql(SQL("relance_id IN %s", tuple(self.ids))),
            )
        )
        self.invalidate_recordset(
            [
                "amount_late",
                "amount_credit",
                "amount_due",
                "amount_claimed",
                "item_count",
                "days_late",
            ]
        )
        self._refresh_claims()

    def _revalidate(self):
        """Hold each relance against the ledger of today; cancel what no longer stands.

        Called each morning, before approval and again just before sending: an item
        that was paid, excluded or blocked meanwhile leaves the message, amounts and
        credits follow, and a relance whose reason is gone is cancelled with the
        reason written on it. A fixed number of queries whatever the items.
        """
        open_ones = self.filtered(lambda relance: relance.state in OPEN_STATES)
        for company, relances in open_ones.grouped("company_id").items():
            relances._revalidate_company(company)

    def _revalidate_company(self, company):
        self.env.flush_all()
        plan = RelancePlan(self.env, company, company._recouvrement_today())
        plan.classify(self.dossier_id.ids)
        left = self.filtered(lambda r: any(r.delivery_ids.mapped("has_left")))
        fresh = self - left
        before = {relance.id: relance._asked() for relance in self}
        if fresh:
            plan.refresh(fresh)
        if left:
            plan.refresh_left(left)
        self.env["recouvrement.relance.line"].invalidate_model()
        self._refresh_amounts()
        obstacles = plan.obstacles(self)
        rewritten = self.browse()
        for relance in self:
            reason = relance._why_it_falls(*obstacles.get(relance.id, (0, 0, False)))
            if reason and relance in left:
                relance._stop_the_rest(reason)
            elif reason:
                relance._cancel(reason)
            elif relance._asked() != before[relance.id]:
                relance.delivery_ids._remake_letters()
                rewritten |= relance
        rewritten._refresh_claims()

    def _asked(self):
        """What the message asks for: another one must be written if it moves."""
        return (self.amount_late, self.amount_credit, self.item_count)

    def _stop_the_rest(self, reason):
        """A part has left: the level stays said, what did not leave yet stops."""
        self.delivery_ids.filtered(
            lambda d: d.state in ("draft", "queued", "todo", "failed")
        )._cancel()
        self.state_reason = reason
        self._refresh_progress()

    def _why_it_falls(self, holds, waits, own):
        """Why this relance must not leave any more, or None.

        :param int holds: bits of HOLD_ORDER over its items
        :param int waits: bits of WAITING_ORDER over its items
        :param bool own: whether an item still calls for its level
        """
        self.ensure_one()
        if not self.item_count:
            return self.env._("Nothing left to ask for: paid, credited or taken out")
        if self.origin == "manual":
            return None
        label = self.env["recouvrement.open.item"]._reason_label
        stops = [r for r in reasons_of(holds, HOLD_ORDER) if r != "no_contact"]
        if stops:
            return label(stops[0])
        if waits & wait_bit("amount"):
            return label("amount")
        if not own:
            return self.env._(
                "The item that called for this level is settled; the next run writes"
                " at the level of what remains"
            )
        return None
