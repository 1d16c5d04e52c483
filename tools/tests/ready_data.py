"""Several transactions at the ready rows of the worklist, run inside Odoo."""

from contextlib import contextmanager
from datetime import date, timedelta

import psycopg2

from odoo import SUPERUSER_ID, api


class Desk:
    """What people and workers do, each in a transaction of its own."""

    def __init__(self, env, day):
        self.registry = env.registry
        self.day = date.fromisoformat(day)

    @contextmanager
    def at_work(self):
        """Commits at the end; its look at the database starts at once."""
        context = {"recouvrement_day": self.day.isoformat()}
        with self.registry.cursor() as cr:
            cr.execute("SELECT 1")
            yield api.Environment(cr, SUPERUSER_ID, context)

    def make(self):
        with self.at_work() as env:
            env["recouvrement.worklist"]._refresh_ready()
        with self.at_work() as env:
            env["recouvrement.worklist"]._make_ready(env.company)

    def pause(self, env, number):
        dossier = env["recouvrement.dossier"].search([])[number]
        until = (dossier.pause_until or self.day) + timedelta(days=1)
        dossier.write({"pause_until": until, "pause_reason": "Asked"})
        env.flush_all()

    def change(self, number):
        with self.at_work() as env:
            self.pause(env, number)

    def page(self, env):
        """Rows of a page; that it took ready ones; that it is true."""
        work = env["recouvrement.worklist"]
        work._prepare_read()
        ready = work._ready_query()[0] is not None
        with work._one_reading():
            rows = _rows(env, work._table_query)
        work._prepare_read(whole=True)
        live = _rows(env, work._live_query())
        return rows, ready, rows == live

    def touches(self):
        with self.at_work() as env:
            env.cr.execute("SELECT count(*) FROM recouvrement_touch")
            return env.cr.fetchone()[0]

    def verdict(self):
        """What a new page says of itself, and how many touches there are."""
        with self.at_work() as env:
            return [*self.page(env)[1:], self.touches()]


def _rows(env, query):
    """As text, whatever the order of rows and columns."""
    return sorted(str(sorted(row.items())) for row in env.execute_query_dict(query))


def several_at_once(env, day):
    """Each story by name; in every one the page has to be true at any moment."""
    with env.registry.cursor() as cr:
        other = api.Environment(cr, SUPERUSER_ID, {})
        other["recouvrement.dossier"]._refresh(other.company)
    desk = Desk(env, day)
    stories = (
        _changed_elsewhere,
        _rolled_back,
        _changed_meanwhile,
        _older_worker,
        _two_workers,
        _killed_worker,
    )
    told = {}
    for story in stories:
        desk.make()
        told[story.__name__[1:]] = story(desk)
    return told


def _changed_elsewhere(desk):
    """Who looked before does not see it, who looks after does."""
    with desk.at_work() as early:
        before = desk.page(early)
        desk.change(0)
        still = desk.page(early)
    with desk.at_work() as late:
        after = desk.page(late)
    return {
        "pages": [before[1:], still[1:], after[1:]],
        "same look": before[0] == still[0],
        "seen": after[0] != before[0],
    }


def _rolled_back(desk):
    with desk.at_work() as env:
        desk.pause(env, 0)
        env.cr.rollback()
    return {"verdict": desk.verdict()}


def _changed_meanwhile(desk):
    """A worker does not see the change: it must leave its touch alone."""
    with desk.at_work() as worker:
        desk.change(0)
        worker["recouvrement.worklist"]._refresh_ready()
    return {"verdict": desk.verdict()}


def _older_worker(desk):
    """A worker with an older look must not write after one with a later look."""
    desk.change(0)
    with desk.at_work() as older:
        desk.change(1)
        desk.make()
        try:
            older["recouvrement.worklist"]._refresh_ready()
            failed = False
        except psycopg2.errors.SerializationFailure:
            failed = True
        older.cr.rollback()
    return {"failed": failed, "verdict": desk.verdict()}


def _two_workers(desk):
    """The second one leaves the work to the first, without waiting for it."""
    desk.change(0)
    with desk.at_work() as first, desk.at_work() as second:
        first["recouvrement.worklist"]._refresh_ready()
        second["recouvrement.worklist"]._refresh_ready()
        second.cr.execute("SELECT count(*) FROM recouvrement_touch")
        left = second.cr.fetchone()[0]
        second.cr.commit()
    return {"left": left > 0, "verdict": desk.verdict()}


def _killed_worker(desk):
    desk.change(0)
    with desk.at_work() as worker:
        worker["recouvrement.worklist"]._refresh_ready()
        worker.cr.rollback()
    return {"verdict": desk.verdict()[:2]}
