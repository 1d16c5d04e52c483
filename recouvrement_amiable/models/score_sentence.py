# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A score in words: what made it, and what would change it."""

from babel.numbers import format_percent

from odoo.tools.misc import babel_locale_parse, formatLang

# A part of the log-odds below it changes the probability by less than a point.
SILENT = 0.05


def percent(env, share):
    """A share as the user's language writes it, without decimals."""
    locale = babel_locale_parse(env.lang or "en_US")
    return format_percent(round(share, 2), locale=locale)


class ScoreSentence:
    """Puts a recouvrement.score into words, in the user's language."""

    def __init__(self, env, score):
        self.env = env
        self.score = score
        self.inputs = score.inputs or {}
        self.counts = self.inputs.get("facts", {})
        self._ = env._

    def text(self):
        """What the number means, and how much it rests on."""
        score = self.score
        if score.risk_class == "none":
            return self._(
                "Unrated: no invoice of this customer has fallen due yet. The others"
                " pay %s of theirs late.",
                self._percent(self.counts.get("portfolio_share", 0)),
            )
        told = self._(
            "An invoice issued now would be paid %(late)s with a probability of"
            " %(value)s, and more than 30 days late with %(serious)s.",
            late=self._late(),
            value=self._percent(score.probability),
            serious=self._percent(score.probability_serious),
        )
        if score.is_thin:
            told = " ".join(
                [
                    told,
                    self._(
                        "Little history: %s item(s) only, so the number leans on what"
                        " the other customers do.",
                        score.known_count,
                    ),
                ]
            )
        return told

    def facts(self):
        """One sentence per fact, the heaviest first, then what would change it."""
        parts = self.inputs.get("parts", {})
        told = sorted(parts, key=lambda name: -abs(parts[name]))
        facts = [
            getattr(self, f"_{name}")(parts[name])
            for name in told
            if hasattr(self, f"_{name}") and abs(parts[name]) >= SILENT
        ]
        return [fact for fact in [*facts, self._returned(), *self._changes()] if fact]

    # -- pieces ---------------------------------------------------------
    def _percent(self, share):
        return percent(self.env, share or 0)

    def _number(self, value, digits=0):
        return formatLang(self.env, value, digits=digits)

    def _late(self):
        tolerance = self.inputs.get("tolerance")
        if tolerance:
            return self._("more than %s days late", tolerance)
        return self._("late")

    def _direction(self, part):
        """Whether a fact raises or lowers the risk."""
        return self._("raises the risk") if part > 0 else self._("lowers the risk")

    # -- facts ----------------------------------------------------------
    def _own(self, part):
        return self._(
            "%(late)s of its %(count)s items were late, where the other customers of"
            " the same weeks would have had %(expected)s: this %(direction)s.",
            late=self.counts["late_count"],
            count=self.counts["count"],
            expected=self._number(
                self.counts["count"] * self.counts["expected"] / self.counts["known"], 1
            )
            if self.counts.get("known")
            else 0,
            direction=self._direction(part),
        )

    def _delay(self, part):
        return self._(
            "It pays %(days)s days after the due date on average, the others"
            " %(usual)s: this %(direction)s.",
            days=self._number(self.counts["days"]),
            usual=self._number(self.counts["portfolio_days"]),
            direction=self._direction(part),
        )

    def _overdue(self, part):
        return self._(
            "%(count)s item(s) are overdue now: this %(direction)s.",
            count=self.counts["overdue"],
            direction=self._direction(part),
        )

    def _recent(self, part):
        return self._(
            "Of its last %(count)s items, %(late)s were late: this %(direction)s.",
            count=self.counts["last_count"],
            late=self.counts["last_late"],
            direction=self._direction(part),
        )

    def _portfolio(self, part):
        return self._(
            "The customers as a whole pay %s of their invoices late at present.",
            self._percent(self.counts["portfolio_share"]),
        )

    def _returned(self):
        if not self.score.returned_count:
            return ""
        return self._(
            "%s payment(s) returned by the bank in the last 12 months: the class is no"
            " better than D.",
            self.score.returned_count,
        )

    def _changes(self):
        paid, timely = self.inputs.get("if_paid"), self.inputs.get("if_timely")
        if paid is not None:
            yield self._(
                "With the overdue items paid, it would be %s.", self._percent(paid)
            )
        if timely is not None:
            yield self._(
                "After three more items paid on time, it would be %s.",
                self._percent(timely),
            )
