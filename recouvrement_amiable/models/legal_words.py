# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the legal package refuses, in words for a user.

The package knows no language: its errors carry data, the sentences are here.
"""

from odoo import models
from odoo.tools import format_date

from ..legal import errors


class RecouvrementLegalWords(models.AbstractModel):
    """Sentences of the errors of the legal package."""

    _name = "recouvrement.legal.words"
    _description = "Words of the legal rules"

    def _explain(self, error):
        """What happened and what to do.

        :param LegalError error:
        :rtype: str
        """
        words = {
            errors.MissingRate: self._missing_rate,
            errors.AbsurdRate: self._absurd_rate,
            errors.DuplicateRate: self._duplicate_rate,
            errors.NotHalfYearStart: self._not_half_year,
            errors.RateGap: self._rate_gap,
            errors.PrematureRate: self._premature_rate,
            errors.NoticeBeforeDue: self._notice_before_due,
            errors.NotInForce: self._not_in_force,
            errors.DateOutOfRange: self._out_of_range,
            errors.BadPeriod: self._bad_period,
            errors.UnknownSector: self._unknown_sector,
            errors.LateSuspension: self._late_suspension,
        }.get(type(error))
        return words(error) if words else str(error)

    def _series(self, error):
        return self.env["recouvrement.reference.rate"]._series_name(error.series)

    def _missing_rate(self, error):
        return self.env._(
            "The %(series)s from %(day)s is missing: enter it under Configuration,"
            " Reference Rates.",
            series=self._series(error),
            day=format_date(self.env, error.valid_from),
        )

    def _absurd_rate(self, error):
        return self.env._(
            "%(percent)s %% cannot be the %(series)s: it lies between %(low)s and"
            " %(high)s %%. Check the decimal point.",
            percent=error.percent,
            series=self._series(error),
            low=error.low,
            high=error.high,
        )

    def _duplicate_rate(self, error):
        return self.env._(
            "The %(series)s from %(day)s is there already: change that one.",
            series=self._series(error),
            day=format_date(self.env, error.valid_from),
        )

    def _not_half_year(self, error):
        return self.env._(
            "A reference rate holds for a half-year: it starts on 1 January or on"
            " 1 July, not on %s.",
            format_date(self.env, error.valid_from),
        )

    def _rate_gap(self, error):
        return self.env._(
            "The %(series)s from %(day)s is missing in between: enter that one first.",
            series=self._series(error),
            day=format_date(self.env, error.valid_from),
        )

    def _premature_rate(self, error):
        return self.env._(
            "The %(series)s from %(day)s cannot be known yet.",
            series=self._series(error),
            day=format_date(self.env, error.valid_from),
        )

    def _notice_before_due(self, error):
        return self.env._(
            "The formal notice of %(notice)s comes before the due date, %(due)s.",
            notice=format_date(self.env, error.notice),
            due=format_date(self.env, error.due),
        )

    def _not_in_force(self, error):
        return self.env._(
            "%(article)s applies since %(since)s: what is older is not computed.",
            article=error.article,
            since=format_date(self.env, error.since),
        )

    def _out_of_range(self, error):
        return self.env._(
            "%(day)s is too far away to be right: between %(first)s and %(last)s.",
            day=error.day,
            first=format_date(self.env, error.first),
            last=format_date(self.env, error.last),
        )

    def _bad_period(self, error):
        return self.env._(
            "The period from %(first)s to %(last)s ends before it starts.",
            first=format_date(self.env, error.first),
            last=format_date(self.env, error.last),
        )

    def _unknown_sector(self, error):
        return self.env._(
            "No prescription is known for this sector and this kind of debtor: choose"
            " another sector in the settings."
        )

    def _late_suspension(self, error):
        return self.env._(
            "The suspension of %(notice)s is not within the term, from %(first)s to"
            " %(last)s.",
            notice=format_date(self.env, error.notice),
            first=format_date(self.env, error.first),
            last=format_date(self.env, error.last),
        )
