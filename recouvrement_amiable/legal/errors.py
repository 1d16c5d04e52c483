# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What can be wrong with a question put to the legal package.

Each error carries its data as attributes, so that a screen can say it in its own
language; ``str()`` is plain English for logs.
"""


class LegalError(ValueError):
    """Base of them all.

    :ivar dict data: what the sentence is made of, also as attributes
    """

    sentence = "%(message)s"

    def __init__(self, **data):
        self.data = data
        super().__init__(self.sentence % data)

    def __getattr__(self, name):
        # only called when there is no such attribute: the data come last
        try:
            return self.__dict__["data"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __reduce__(self):
        return _rebuild, (type(self), self.data)


def _rebuild(kind, data):
    return kind(**data)


class DateOutOfRange(LegalError):
    sentence = "%(day)s is not between %(first)s and %(last)s"


class BadPeriod(LegalError):
    sentence = "the period from %(first)s to %(last)s ends before it starts"


class BadAmount(LegalError):
    sentence = "%(amount)r is not an amount for %(what)s"


class BadSetting(LegalError):
    sentence = "%(value)r is not a value of %(name)s (%(allowed)s)"


class NotInForce(LegalError):
    """The rule did not exist yet."""

    sentence = "%(article)s applies since %(since)s, not on %(day)s"


class MissingRate(LegalError):
    """No row of the series for a half-year: it is never replaced by another."""

    sentence = "no rate of '%(series)s' for %(semester)s (valid from %(valid_from)s)"


class UnknownSeries(LegalError):
    sentence = "there is no series of rates '%(series)s'"


class AbsurdRate(LegalError):
    sentence = "%(percent)s %% is not between %(low)s and %(high)s %% for '%(series)s'"


class DuplicateRate(LegalError):
    sentence = "two rates of '%(series)s' from %(valid_from)s"


class NotHalfYearStart(LegalError):
    sentence = (
        "a rate of '%(series)s' starts on 1 January or 1 July, not %(valid_from)s"
    )


class RateGap(LegalError):
    sentence = "the series '%(series)s' has no rate for %(semester)s, between others"


class PrematureRate(LegalError):
    sentence = "the rate of '%(series)s' from %(valid_from)s is not known on %(today)s"


class NoticeBeforeDue(LegalError):
    sentence = "the formal notice of %(notice)s comes before the due date %(due)s"


class UnknownSector(LegalError):
    sentence = "no prescription is known for the sector %(sector)r and a %(kind)s"


class UnknownEvent(LegalError):
    sentence = "%(event)r is not an event that prescription knows"


class NoStart(LegalError):
    sentence = "neither the day of performance nor the due date is known"


class ContractualYears(LegalError):
    sentence = "a contract cannot set prescription to %(years)s years for a %(kind)s"


class TermTooLong(LegalError):
    sentence = "a term of %(days)s days is over the %(maximum)s days of %(article)s"


class SecondSuspension(LegalError):
    sentence = "a public buyer suspends the term once, not on %(notice)s again"


class LateSuspension(LegalError):
    sentence = "the suspension of %(notice)s is not within %(first)s and %(last)s"
