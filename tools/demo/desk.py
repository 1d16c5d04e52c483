"""What the people of the company did on the days before the demo's.

On the day of the demo a desk has been at work for months: some debtors already had a
first relance, others a formal notice. So the runs of the days before are really
planned, each with what was known on its day; nothing of them is sent, all of them is
taken for done, as people would have done it in the day.
"""

from datetime import datetime, time, timedelta

from odoo.addons.recouvrement_amiable.models.progress import commit_progress

from .company import keep_bank_fresh

# Longer than the ladders, so that every level is met on its own day.
DAYS_BEFORE = 120
NOON = time(12)


class Desk:
    """The collection desk of the main company.

    :ivar date: the day of the demo: nothing later is known
    :ivar run_day: the day of its run: what falls on a closed day goes on the next
    """

    def __init__(self, env, date):
        self.env = env
        self.company = env.ref("base.main_company")
        self.date = date
        self.run_day = self.company._recouvrement_calendar().next_open(date)

    def replay(self, ledger):
        """Live the days before the run's, which is left to be done for real.

        :param ledger: has ``advance(day)``, which writes what came up to a day
        """
        day = self.date - timedelta(days=DAYS_BEFORE)
        keep_bank_fresh(self.env, day, self.date)
        ledger.advance(day)
        self._go_live(day)
        while day < self.date:
            ledger.advance(day)
            self._work(day)
            day += timedelta(days=1)
        ledger.advance(self.date)
        commit_progress(self.env)

    def _on(self, day, model):
        return self.env[model].with_context(recouvrement_day=day, tracking_disable=True)

    def _go_live(self, day):
        """The company's own choice on its first day: late items enter by their age."""
        self.company.write(
            {
                # the mail server is a sink of ours: nothing leaves the machine
                "recouvrement_test_mode": False,
                "recouvrement_live_date": day,
                "recouvrement_entry_mode": "age",
            }
        )
        wizard = self._on(day, "recouvrement.go.live").create(
            {"company_id": self.company.id}
        )
        wizard._enter_by_age(day)

    def _work(self, day):
        """The run of a day, then all that people do about it, without sending."""
        run = self._on(day, "recouvrement.run")._run_company(self.company, day)
        if not run or not run.relance_ids:
            return
        noon = datetime.combine(day, NOON)
        run.relance_ids.write({"state": "approved", "approved_on": noon})
        by_state = run.relance_ids.delivery_ids.grouped(lambda d: d.state == "failed")
        if True in by_state:
            by_state[True].settled = True
        for channel, done in (
            by_state.get(False, run.relance_ids.delivery_ids.browse())
            .grouped("channel")
            .items()
        ):
            done.write({"sent_on": noon, "attempts": 1, **self._outcome(channel, day)})
        run.relance_ids._refresh_progress()
        commit_progress(self.env)

    @staticmethod
    def _outcome(channel, day):
        if channel in ("letter", "registered"):
            return {"state": "sent", "printed_on": day, "posted_on": day}
        if channel in ("call", "visit"):
            return {"state": "sent", "result": "message"}
        return {"state": "sent"}
