# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Commits of batch work, in one place."""

from odoo import modules


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
