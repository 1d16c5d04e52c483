# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Commits and locks of batch work, in one place."""

import logging
from contextlib import contextmanager

from odoo import modules

_logger = logging.getLogger(__name__)

# First half of the keys of our advisory locks: any fixed number.
_LOCK_SPACE = 72_041
# Second half: the job. A company's planner has the company's id.
SENDER, SCORER, GUARANTEE_ALERTS, LIMIT_ALERTS, LIMITATION_ALERTS = range(0, -5, -1)


def commit_progress(env, processed=0):
    """Commit what a batch has done so far, and tell the scheduler.

    Inside a test's transaction nothing is committed: tests that need real
    commits run a worker of their own.

    :return: seconds left to the scheduled action (infinite outside of one)
    """
    if modules.module.current_test:
        env.flush_all()
        return float("inf")
    return env["ir.cron"]._commit_progress(processed)


def roll_back(env):
    """Forget the batch at hand, unless a test owns the transaction."""
    if not modules.module.current_test:
        env.cr.rollback()
    env.invalidate_all()


@contextmanager
def alone(env, key):
    """Whether this process is the only one at this work, whatever the hosts.

    The lock belongs to a transaction of its own and ends with the process, so
    that what a dead worker left behind can be told from what a living one has at
    hand.

    :param int key: ``SENDER`` and those beside it, or the id of the company to plan
    """
    with env.registry.cursor() as lock_cr:
        lock_cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, key])
        yield lock_cr.fetchone()[0]


def in_each_company(env, key, companies, work):
    """Do a job in one company after the other, each in a transaction of its own.

    One company's trouble does not keep the others from being served. Nothing is done
    while another process is at the same job.

    :param int key: see ``alone``
    :param work: called with each company
    :return: names of the companies where it failed; the log says why
    :rtype: list[str]
    """
    failed = []
    with alone(env, key) as mine:
        for company in companies if mine else ():
            try:
                work(company)
                commit_progress(env)
            except Exception:
                _logger.exception("%s in company %s", work.__qualname__, company.id)
                roll_back(env)
                failed.append(company.name)
    return failed
