"""A worker that plans and sends like the scheduled actions, and may be killed.

``python -m tools.tests.crash_worker CONFIG DATABASE DAY KILL_AT EVENTS``

The moments at which a crash could hurt (around each commit, around each message
handed to the mail server, inside the planning of a chunk, around the making of letters
and activities) are numbered as they come and noted in the file EVENTS; at number
KILL_AT the process kills itself with SIGKILL. Chunks and batches are of a few
customers, so that there are moments between them.
"""

import os
import signal
import smtplib
import sys
import threading
from datetime import date

# Customers of a chunk of the plan, and deliveries of a batch of the sender.
FEW = 2


class Moments:
    """Numbers the moments, and dies at the chosen one."""

    def __init__(self, kill_at, path):
        self.kill_at = kill_at
        self.number = 0
        self.file = open(path, "a")  # noqa: SIM115 - open until the process dies

    def __call__(self, name):
        self.number += 1
        self.file.write(f"{self.number} {name}\n")
        self.file.flush()
        if self.number == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner, name, label):
        """Make a moment before and after each call of ``owner.name``."""
        original = getattr(owner, name)

        def wrapped(*args, **kwargs):
            self(f"before {label}")
            result = original(*args, **kwargs)
            self(f"after {label}")
            return result

        setattr(owner, name, wrapped)


def main():
    config, database, day, kill_at, events = sys.argv[1:]
    from odoo import api, sql_db
    from odoo.modules.registry import Registry
    from odoo.tools import config as odoo_config

    odoo_config.parse_config(
        ["-c", config, "-d", database, "--log-level=error"], setup_logging=True
    )
    threading.current_thread().dbname = database
    registry = Registry(database)
    from odoo.addons.recouvrement_amiable.models import delivery_queue, run_planning
    from odoo.addons.recouvrement_amiable.models.relance_plan import RelancePlan

    run_planning.CHUNK = FEW
    delivery_queue.SENDERS = [(name, FEW) for name, _size in delivery_queue.SENDERS]
    moment = Moments(int(kill_at), events)
    for step in ("classify", "insert", "write_run_lines"):
        moment.around(RelancePlan, step, f"plan.{step}")
    moment.around(sql_db.Cursor, "commit", "commit")
    moment.around(smtplib.SMTP, "data", "message")
    moment.around(smtplib.SMTP, "rcpt", "address")
    for step in ("_letter_sheet", "_keep_letters"):
        moment.around(registry["recouvrement.delivery"], step, f"letters.{step}")
    moment.around(registry["mail.activity"], "create", "activities")
    with registry.cursor() as cr:
        env = api.Environment(cr, api.SUPERUSER_ID, {"recouvrement_day": day})
        assert date.fromisoformat(day)
        env["recouvrement.run"]._cron_plan()
        env["recouvrement.delivery"]._cron_send()


if __name__ == "__main__":
    main()
