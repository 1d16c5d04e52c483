# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.tools import SQL

from .recouvrement_relance import OPEN_STATES


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
                   SET has_failure = COALESCE(x.failed, false),
                       has_letter = COALESCE(x.letter, false),
                       state = CASE
                         WHEN r.state NOT IN ('approved', 'done') THEN r.state
                         WHEN COALESCE(x.pending, false) THEN 'approved'
                         ELSE 'done' END
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
                 WHERE r.id = me.id AND me.id IN %(ids)s
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
                       amount_due = GREATEST(
                           COALESCE(x.late, 0) - COALESCE(x.credit, 0), 0),
                       item_count = COALESCE(x.items, 0),
                       days_late = COALESCE(x.days_late, 0)
                  FROM recouvrement_relance me
             LEFT JOIN (
                    SELECT relance_id,
                           sum(residual) FILTER (
                             WHERE kind IN ('a_late', 'b_early')) AS late,
                           -sum(residual) FILTER (WHERE kind = 'd_credit') AS credit,
                           count(*) FILTER (
                             WHERE kind IN ('a_late', 'b_early')) AS items,
                           max(days_late) FILTER (WHERE kind = 'a_late') AS days_late
                      FROM recouvrement_relance_line
                     WHERE relance_id IN %(ids)s AND cancelled IS NOT TRUE
                  GROUP BY relance_id) x ON x.relance_id = me.id
                 WHERE r.id = me.id AND me.id IN %(ids)s
                """,
                ids=tuple(self.ids),
            )
        )
        self.invalidate_recordset(
            ["amount_late", "amount_credit", "amount_due", "item_count", "days_late"]
        )

    def _revalidate(self):
        """Hold each relance against the ledger of today; cancel what no longer stands.

        Called before approval and again just before sending: an item that was
        paid, excluded or blocked meanwhile leaves the message, amounts follow
        partial payments, and a relance whose reason is gone is cancelled with
        the reason written on it. A fixed number of queries whatever the items.
        """
        relances = self.filtered(lambda relance: relance.state in OPEN_STATES)
        if not relances:
            return
        items = self.env["recouvrement.open.item"]._situations(
            relances.company_id, partners=relances.dossier_id.partner_id
        )
        by_item = {row["id"]: row for row in items}
        relances._revalidate_lines(by_item)
        relances._refresh_amounts()
        holds = relances._dossier_holds(items)
        for relance in relances:
            reason = relance._why_it_falls(holds)
            if reason:
                relance._cancel(reason)

    def _revalidate_lines(self, by_item):
        """Cancel lines whose item is gone; move the amounts of the others."""
        Line = self.env["recouvrement.relance.line"]
        lines = Line.search([("relance_id", "in", self.ids), ("cancelled", "=", False)])
        gone = lines.filtered(
            lambda line: line.move_line_id.id not in by_item
            or by_item[line.move_line_id.id]["item_holds"]
        )
        gone.write({"cancelled": True})
        moved = [
            (line.id, row["amount_residual"], row["amount_residual_currency"])
            for line in lines - gone
            for row in [by_item[line.move_line_id.id]]
            if row["amount_residual"] != line.residual
            or row["amount_residual_currency"] != line.residual_currency
        ]
        if moved:
            Line.flush_model()
            self.env.cr.execute_values(
                "UPDATE recouvrement_relance_line l SET residual = v.r,"
                " residual_currency = v.c FROM (VALUES %s) v (id, r, c)"
                " WHERE l.id = v.id",
                moved,
            )
        Line.invalidate_model()

    def _dossier_holds(self, items):
        """``{dossier_id: first hold}`` that stops the whole account today."""
        holds = {}
        for row in items:
            if row["situation"] == "held" and not row["item_holds"]:
                holds.setdefault(row["dossier_id"], row["reason"])
        return holds

    def _why_it_falls(self, holds):
        """Why this relance must not leave any more, or None."""
        self.ensure_one()
        if not self.item_count:
            return self.env._("Nothing left to ask for: paid, credited or taken out")
        if self.origin == "manual":
            return None
        hold = holds.get(self.dossier_id.id)
        if hold and hold != "no_contact":
            return self.env["recouvrement.open.item"]._reason_label(hold)
        current = self.line_ids.filtered(
            lambda line: line.granted
            and not line.cancelled
            and line.level_id == self.level_id
        )
        if not current:
            return self.env._(
                "The item that called for this level is settled; the next run writes"
                " at the level of what remains"
            )
        return None
