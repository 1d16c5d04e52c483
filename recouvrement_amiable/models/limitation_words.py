# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the law answers about prescription, in the words of the user."""

from odoo.tools.misc import format_date

from ..legal import errors
from ..legal.dates import add_days
from ..legal.prescription import NOT_INTERRUPTIVE, TOO_LATE, VOID
from ..legal.sectors import PERFORMANCE


def error_text(env, error, name):
    """Why there is no last day.

    :param LegalError error:
    :param str name: of the invoice
    """
    if isinstance(error, errors.NotInForce):
        return env._(
            "%(name)s: no last day, its period started on %(day)s, before the rules of"
            " today (%(article)s, in force since %(since)s). Have it checked by a"
            " lawyer, or exclude it.",
            name=name,
            day=format_date(env, error.day),
            article=error.article,
            since=format_date(env, error.since),
        )
    if isinstance(error, errors.DateOutOfRange):
        return env._(
            "%(name)s: no last day, %(day)s is not between %(first)s and %(last)s."
            " Correct the dates of the invoice or of its events.",
            name=name,
            day=format_date(env, error.day),
            first=format_date(env, error.first),
            last=format_date(env, error.last),
        )
    return env._("%(name)s: no last day (%(why)s).", name=name, why=str(error))


class LimitationWords:
    """Puts an answer of ``recouvrement.limitation.reader`` into words."""

    def __init__(self, env, day):
        self.env = env
        self.day = day
        self._ = env._
        self.kinds = dict(env["recouvrement.legal.event"]._selection_kind())

    def text(self, answer):
        """The last day first, then where it comes from, then what changed nothing.

        :param answer: a ``Limitation``, or a sentence already
        """
        if isinstance(answer, str):
            return answer
        pieces = [self._head(answer), self._start(answer)]
        pieces += map(self._step, answer.steps[1:])
        pieces += [self._ignored(answer, event) for event in answer.ignored]
        if answer.assumed:
            pieces.append(
                self._(
                    "The trade is not known, or has no rule for this kind of debtor:"
                    " the shortest period is assumed, so that alerts come early."
                )
            )
        return " ".join(pieces)

    def _date(self, day):
        return format_date(self.env, day)

    def _head(self, answer):
        if answer.last_day is None:
            return self._("Prescription does not run at present.")
        if answer.is_prescribed(self.day):
            return self._(
                "Prescribed since %s: can no longer be claimed.",
                self._date(add_days(answer.last_day, 1)),
            )
        return self._("Can be claimed in court until %s.", self._date(answer.last_day))

    def _start(self, answer):
        values = {
            "years": answer.years,
            "article": answer.article,
            "day": self._date(answer.steps[0].day),
            "last": self._date(answer.steps[0].last_day),
        }
        if answer.basis == PERFORMANCE:
            return self._(
                "Performed on %(day)s, %(years)s year(s) to act (%(article)s): until"
                " %(last)s.",
                **values,
            )
        return self._(
            "Due on %(day)s, %(years)s year(s) to act (%(article)s): until %(last)s.",
            **values,
        )

    def _step(self, step):
        values = {
            "event": self.kinds.get(step.event, step.event),
            "day": self._date(step.day),
            "article": step.article,
        }
        if step.last_day is None:
            return self._(
                "%(event)s on %(day)s (%(article)s): the period does not run until"
                " this ends.",
                **values,
            )
        return self._(
            "%(event)s on %(day)s (%(article)s): until %(last)s.",
            last=self._date(step.last_day),
            **values,
        )

    def _ignored(self, answer, event):
        if event.reason == NOT_INTERRUPTIVE:
            why = self._("does not interrupt")
        elif event.reason == VOID:
            why = self._("withdrawn, lapsed or dismissed (C. civ. 2243)")
        elif event.reason == TOO_LATE:
            why = self._("came too late")
        else:
            why = self._("does not put the day off")
        return self._(
            "%(event)s on %(day)s changes nothing: %(why)s.",
            event=self.kinds.get(event.event, event.event),
            day=self._date(event.day),
            why=why,
        )
