# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A row of the one query in words."""

from datetime import timedelta

from odoo import fields
from odoo.tools.misc import format_date, formatLang

from .situation_elsewhere import BRANCH

# What is waited for comes with the days, without anybody.
BY_ITSELF = ("call", "gap", "closed", "delay")


class SituationSentence:
    """Puts a row of the one query into words, in the user's language."""

    def __init__(self, env, row, company):
        self.env = env
        self.row = row
        self.company = company
        self._ = env._

    def text(self):
        """What waits for a person first, then what happens by itself."""
        work = getattr(self, f"_to_{self.row.get('action')}", None)
        first = work() if work else ""
        if first:
            return " ".join(filter(None, [first, self._afterwards()]))
        if self.row.get("again_on") and not self.row.get("resting"):
            return " ".join(filter(None, [self._again(), self._afterwards()]))
        if self.row.get("resting") and self.row.get("situation") != "held":
            return self._resting()
        situation = getattr(self, f"_{self.row.get('situation')}", None)
        return situation() if situation else ""

    # -- pieces ---------------------------------------------------------
    def _day(self, value):
        return format_date(self.env, value) if value else ""

    def _money(self, value):
        return formatLang(
            self.env, value or 0, currency_obj=self.company.sudo().currency_id
        )

    def _level(self):
        level = self.env["recouvrement.level"].browse(self.row.get("next_level_id"))
        return level.sudo().name or ""

    def next_day(self):
        """The open day on which the next step comes by itself, else False.

        What is held, or waits for a person, has no such day.
        """
        situation, reason = self.row.get("situation"), self.row.get("reason")
        if situation == "waiting" and reason in BY_ITSELF:
            return self._open_day()
        return self._open_day() if situation in ("due", "not_due") else False

    def _open_day(self):
        """Day of the next step, never one that is over nor a closed one."""
        if not (self.row.get("next_date") and self.row.get("next_level_id")):
            return False
        day = max(filter(None, [self.row["next_date"], self.row.get("day")]))
        return self.company.sudo()._recouvrement_calendar().next_open(day)

    def _next(self):
        """When the next step comes, on an open day."""
        day, level = self._open_day(), self._level()
        if not (day and level):
            return ""
        return self._("Next: %(level)s on %(day)s.", level=level, day=self._day(day))

    def _work_level(self):
        """Name of the level that the work of a person belongs to."""
        level = self.env["recouvrement.level"].browse(self.row.get("work_level_id"))
        return level.sudo().name or ""

    # -- work of a person ----------------------------------------------
    def _to_fix(self):
        words = self.env["recouvrement.delivery"]._failure_words
        failure = (words(self.row.get("failure")) or "").strip()
        if failure:
            return self._("Not delivered: %s", failure.splitlines()[0][:150])
        if self.row.get("reason") == "no_contact":
            return self._(
                "No contact can be reached for “%s”: complete the e-mail, the"
                " telephone or the address.",
                self._level(),
            )
        return self._("No scenario fits this customer: choose one on the dossier.")

    def _to_approve(self):
        return self._(
            "“%(level)s” waits for approval: %(amount)s asked for.",
            level=self._work_level(),
            amount=self._money(self.row.get("asked")),
        )

    def _to_call(self):
        return self._("Call to make: “%s”.", self._work_level())

    def _to_visit(self):
        return self._("Visit to make: “%s”.", self._work_level())

    def _to_post(self):
        return self._("Letter to print and post: “%s”.", self._work_level())

    def _resting(self):
        """What had begun before a hold: a letter, a message approved, a call tried."""
        label = self.env["recouvrement.open.item"]._reason_label(self.row["resting"])
        return self._(
            "“%(level)s” rests until this has passed: %(hold)s.",
            level=self._work_level(),
            hold=label.lower(),
        )

    def _to_decide(self):
        level = self._work_level()
        return self._("To decide: “%s”.", level) if level else ""

    def _again(self):
        """A call that a person put off."""
        words = {"day": self._day(self.row["again_on"]), "level": self._work_level()}
        if self.row.get("again_channel") == "visit":
            return self._("To be visited again on %(day)s: “%(level)s”.", **words)
        return self._("To be called again on %(day)s: “%(level)s”.", **words)

    def _afterwards(self):
        """What the run does next, unless the work itself says it."""
        situation, reason = self.row.get("situation"), self.row.get("reason")
        if situation == "due":
            return self._due()
        if situation == "held" and reason not in ("no_contact", "no_scenario"):
            return self._held()
        if situation == "waiting" and reason in BY_ITSELF:
            return self._next()
        return ""

    # -- situations -----------------------------------------------------
    def _not_due(self):
        return " ".join(
            filter(
                None,
                [
                    self._("Due on %s.", self._day(self.row.get("date_due"))),
                    self._next(),
                ],
            )
        )

    def _due(self):
        return self._("To be dunned today: %s.", self._level())

    def _exhausted(self):
        if self.row.get("decide_on") and not self.row.get("action"):
            return self._(
                "The last level is done; to be looked at again on %(day)s: %(reason)s",
                day=self._day(self.row["decide_on"]),
                reason=self.row.get("decide_reason") or "",
            )
        return self._("The last level is done: decide what follows.")

    def _credit(self):
        return self._(
            "Credit of %s, not allocated yet.",
            self._money(-(self.row.get("amount_residual") or 0)),
        )

    def _waiting(self):
        reason = self.row.get("reason")
        if reason == "delay":
            return self._next() or self._("Waiting.")
        if reason == "amount":
            return self._below_minimum()
        if reason == "approval":
            return self._("A relance of this customer waits for approval.")
        if reason == "failed":
            return self._("The last delivery failed: mend it first.")
        if reason == "posting":
            return self._("A letter waits to be printed or posted.")
        label = self.env["recouvrement.open.item"]._reason_label(reason)
        sentence = self._("Waiting: %s.", label.lower())
        goes_on = reason in ("call", "gap", "closed")
        return f"{sentence} {self._next()}" if goes_on else sentence

    def _below_minimum(self):
        """What would be asked for, once the credits that are netted are taken off."""
        scenario = self.env["recouvrement.scenario"].browse(self.row.get("scenario_id"))
        scenario, asked = scenario.sudo(), self.row.get("late_amount") or 0
        if not (scenario and asked):
            return self._(
                "Waiting: what is left to ask for is below the scenario's minimum."
            )
        if scenario.credit_policy in ("net", "auto"):
            asked -= self.row.get("credit_amount") or 0
        return self._(
            "Waiting: %(amount)s left to ask for is below the scenario's minimum of"
            " %(minimum)s.",
            amount=self._money(asked),
            minimum=self._money(scenario.minimum_amount),
        )

    def _held(self):
        reason = self.row.get("reason")
        label = self.env["recouvrement.open.item"]._reason_label(reason)
        detail, until = self.row.get("detail"), self.row.get("until")
        if reason == "prescribed" and detail:
            return self._(
                "Prescribed since %s: can no longer be claimed.",
                self._day(fields.Date.to_date(detail) + timedelta(days=1)),
            )
        if reason in ("public_term", "retention"):
            return getattr(self, f"_held_{reason}")(detail, until)
        if reason == "unallocated_credit" and detail:
            return self._held_by_credit_elsewhere(detail)
        if reason == "unallocated_credit":
            return self._(
                "Held: %(credit)s of payments or credit notes to allocate first,"
                " against %(late)s overdue.",
                credit=self._money(self.row.get("credit_amount")),
                late=self._money(self.row.get("late_amount")),
            )
        if reason in ("excluded", "paused", "handover") and until:
            return self._(
                "Held: %(label)s until %(day)s (%(detail)s).",
                label=label.lower(),
                day=self._day(until),
                detail=detail or "",
            )
        if reason in ("excluded", "paused") and detail:
            return self._(
                "Held: %(label)s (%(detail)s).", label=label.lower(), detail=detail
            )
        return self._("Held: %s.", label.lower())

    def _held_by_credit_elsewhere(self, detail):
        """See ``situation_elsewhere``."""
        kind, _colon, name = detail.partition(":")
        if kind == BRANCH:
            return self._(
                "Held: a payment of this customer waits to be matched in the books of"
                " %s.",
                name,
            )
        return self._(
            "Held: the payment %s is recorded, names no invoice and waits for the"
            " bank's confirmation.",
            name,
        )

    def _held_public_term(self, since, until):
        """CCP R2192-10 and R2192-27."""
        if since:
            return self._(
                "Held: the public buyer's time to pay is suspended since %s, until it"
                " has what it asked for.",
                self._day(fields.Date.to_date(since)),
            )
        return self._(
            "Held: the public buyer has until %s to pay (CCP R2192-10 and following).",
            self._day(until),
        )

    def _held_retention(self, _detail, until):
        """CCP R2191-32 and following."""
        if until:
            return self._(
                "Held: only the retention money is left, which the buyer keeps until"
                " %s.",
                self._day(until),
            )
        return self._(
            "Held: only the retention money is left. Note on the invoice until when the"
            " buyer may keep it."
        )
