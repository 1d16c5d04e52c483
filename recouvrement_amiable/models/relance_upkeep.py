# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.tools import SQL

from .recouvrement_relance import OPEN_STATES
from .relance_plan import RelancePlan
from .relance_refresh import NO_OBSTACLE
from .relance_writer import line_totals_sql
from .situation_reasons import HOLD_ORDER, reasons_of, wait_bit

# Holds that pass by themselves: what has begun rests until then.
PASSING_HOLDS = ("paused", "unallocated_credit", "bank_stale")
LETTERS = ("letter", "registered")


class RecouvrementRelance(models.Model):
    """Set-based upkeep: states, amounts, and the ledger of the moment."""

    _inherit = "recouvrement.relance"

    accepted_holds = fields.Char(
        readonly=True,
        help="Holds that the person who made it by hand knew of, as codes.",
    )
    held_reason = fields.Selection(
        lambda self: self.env["recouvrement.open.item"]._selection_reason(),
        string="Held By",
        readonly=True,
        help="What has not left yet rests until this has passed.",
    )
    is_trimmed = fields.Boolean(readonly=True, help="A person took items out of it.")
    decided_on = fields.Date(
        readonly=True, help="Day of the plan, then of the approval."
    )

    def _date_of_leaving(self):
        """Decided today: the minimum gap counts from the day of the message."""
        for company, relances in self.grouped("company_id").items():
            today = company._recouvrement_today()
            relances.filtered(
                lambda r, today=today: (r.decided_on or r.date) < today
            ).write({"decided_on": today})
        self._refresh_date()

    def _refresh_date(self):
        """The latest of the decision and of what left, posted on the day noted."""

        def latest(relance):
            days = relance.delivery_ids.mapped(lambda d: d.posted_on or d.left_on)
            return max(filter(None, [relance.decided_on or relance.date, *days]))

        for day, relances in self.grouped(latest).items():
            relances.filtered(lambda r, day=day: r.date != day).write({"date": day})

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
                   SET has_failure = n.failed, has_letter = n.letter, state = n.state,
                       held_reason = n.held
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
                             ELSE 'done' END AS state) s
                 CROSS JOIN LATERAL (
                    SELECT s.*, CASE WHEN s.state IN ('to_approve', 'approved')
                                     THEN me.held_reason END AS held) n
                 WHERE r.id = me.id AND me.id IN %(ids)s
                   AND (r.has_failure, r.has_letter, r.state, r.held_reason)
                       IS DISTINCT FROM (n.failed, n.letter, n.state, n.held)
                """,
                ids=tuple(self.ids),
            )
        )
        self.invalidate_recordset(["state", "has_failure", "has_letter", "held_reason"])

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
                       amount_due = COALESCE(x.due, 0),
                       amount_claimed = COALESCE(x.due, 0)
                           + COALESCE(me.amount_interest, 0)
                           + COALESCE(me.amount_indemnity, 0),
                       item_count = COALESCE(x.items, 0),
                       days_late = COALESCE(x.days_late, 0)
                  FROM recouvrement_relance me
             LEFT JOIN (%(totals)s) x ON x.relance_id = me.id
                 WHERE r.id = me.id AND me.id IN %(ids)s
                   AND (r.amount_late, r.amount_credit, r.amount_due, r.item_count,
                        r.days_late)
                       IS DISTINCT FROM (COALESCE(x.late, 0), COALESCE(x.credit, 0),
                       COALESCE(x.due, 0), COALESCE(x.items, 0),
                       COALESCE(x.days_late, 0))
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

    def _items_gone(self):
        """The ledger took items away: what has not left follows, printed or not.

        What was sent keeps the figures that it was sent with.
        """
        waiting = self.filtered(lambda relance: relance.state in OPEN_STATES)
        waiting._refresh_amounts()
        waiting.delivery_ids._remake_letters()
        waiting.filtered(
            lambda relance: relance.state == "to_approve" and not relance.item_count
        )._cancel(self.env._("No item left to ask for"))

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
            relance._follow_ledger(*obstacles.get(relance.id, NO_OBSTACLE))
            if relance._asked() != before[relance.id]:
                relance.delivery_ids._remake_letters()
                rewritten |= relance
        rewritten._refresh_claims()
        self._renew_contacts(plan)

    def _renew_contacts(self, plan):
        """What still leaves goes to the contact of now."""
        self.env.flush_all()
        renewed = self.delivery_ids.browse(plan.renew_contacts(self))
        renewed.invalidate_recordset(["partner_id"])
        renewed._contact_changed()

    def _asked(self):
        """What the message asks for: another one must be written if it moves."""
        return (self.amount_late, self.amount_credit, self.item_count)

    def _follow_ledger(self, holds, waits, own):
        """Stop it, or let what has begun rest while a passing hold lasts."""
        hold = self._resting_hold(holds)
        reason = self._why_it_falls(holds, waits, own, hold)
        if reason and any(self.delivery_ids.mapped("has_left")):
            self._stop_the_rest(reason)
        elif reason:
            self._cancel(reason)
        elif (self.held_reason, self.state_reason) != (hold, False):
            goes_on = self.held_reason and not hold
            self.write({"held_reason": hold, "state_reason": False})
            if goes_on:
                self._goes_on()

    def _goes_on(self):
        """It leaves from today on: the next level keeps its distance from that.

        The day of a letter is that of its deposit, of what left that day.
        """
        self.ensure_one()
        today = self.company_id._recouvrement_today()
        waiting = self.delivery_ids.filtered(
            lambda d: d.state in ("queued", "todo") and d.channel not in LETTERS
        )
        left = any(self.delivery_ids.mapped("has_left"))
        if waiting and not left and self.date < today:
            self.date = today

    def _reached_customer(self):
        """Whether a part has left, and not for the test address."""
        self.ensure_one()
        return any(d.has_left and not d.is_test for d in self.delivery_ids)

    def _has_begun(self):
        """Something would be lost by making it anew: what left, or people's work.

        A part has left, is in the tray or was tried; or a person approved it, wrote
        its text or chose its items; or it rests already.
        """
        self.ensure_one()
        return bool(
            self.held_reason
            or self.approved_by_id
            or self.is_trimmed
            or self.custom_subject
            or self.custom_body
        ) or any(
            delivery.has_left
            or (delivery.state == "todo" and delivery.channel in LETTERS)
            or (delivery.attempts and delivery.state in ("queued", "todo"))
            for delivery in self.delivery_ids
        )

    def _resting_hold(self, holds):
        """The passing hold under which what has not left rests, or False.

        Stale bank data for a morning must not undo a formal notice that was approved.
        """
        self.ensure_one()
        if not self._has_begun():
            return False
        for reason in self._speaking(holds):
            if reason in PASSING_HOLDS:
                return reason
        return "unallocated_credit" if self._is_covered() else False

    def _speaking(self, holds):
        """Holds that speak against it; by hand, those that its author knew do not."""
        known = {"no_contact", *(self.accepted_holds or "").split(",")}
        return [
            reason for reason in reasons_of(holds, HOLD_ORDER) if reason not in known
        ]

    def _is_covered(self):
        """Whether payments that nobody matched yet cover all that it asks for."""
        return bool(self.item_count) and self.currency_id.is_zero(self.amount_due)

    def _stop_the_rest(self, reason):
        """A part has left: the level stays said, what did not leave yet stops.

        Not a level whose registered letter did not go: it is given back.
        """
        rest = self.delivery_ids.filtered(
            lambda d: d.state in ("draft", "queued", "todo", "failed")
            and not d.has_left
        )
        if rest.filtered(lambda d: d.channel == "registered" and not d.settled):
            self.env["recouvrement.relance.line"].search(
                [
                    ("relance_id", "=", self.id),
                    ("granted", "=", True),
                    ("level_id", "=", self.level_id.id),
                    ("cancelled", "=", False),
                ]
            ).write({"cancelled": True})
        rest._cancel()
        self.write({"state_reason": reason, "held_reason": False})
        self._refresh_progress()

    def _why_it_falls(self, holds, waits, own, resting=False):
        """Why this relance must not leave any more, or None.

        :param int holds: bits of HOLD_ORDER over its items
        :param int waits: bits of WAITING_ORDER over its items
        :param bool own: whether an item still calls for the relance's own level
        :param resting: the passing hold under which it rests
        """
        self.ensure_one()
        label = self.env["recouvrement.open.item"]._reason_label
        if not self.item_count and self.courtesy:
            return self.env._("Nothing left to announce: paid, taken out or due by now")
        if not self.item_count:
            return self.env._("Nothing left to ask for: paid, credited or taken out")
        stops = self._speaking(holds)
        if resting:
            stops = [reason for reason in stops if reason not in PASSING_HOLDS]
        if stops:
            return label(stops[0])
        if self._is_covered() and not resting:
            return self.env._(
                "Nothing left to ask for: payments to allocate cover everything"
            )
        if waits & wait_bit("amount") and self.origin != "manual" and not resting:
            return label("amount")
        if not own:
            return self.env._(
                "The item that called for this level is settled; the next run writes"
                " at the level of what remains"
            )
        return None
