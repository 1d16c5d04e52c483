"""The invoices of the demo."""

from odoo.addons.recouvrement_amiable.analytics.history import read_history

from .company import furnish
from .customers import create_customers
from .desk import Desk
from .ledger import HistoryLedger
from .portfolio import Portfolio


def load(env, date, invoices_path, dates=None):
    """Create the debtors with their invoices and payments, as known on ``date``.

    ``env`` is the superuser's environment on the fresh demo database, where the main
    company has its French chart of accounts; ``date`` is a ``datetime.date`` and
    ``invoices_path`` the ``Path`` of a CSV file, or ``None`` for the demo's own
    portfolio. ``dates`` says how the days of the file are written, if they are unclear.
    The company is live afterwards, and the days before ``date`` have been played.
    """
    furnish(env)
    desk = Desk(env, date)
    if invoices_path:
        invoices = read_history(invoices_path, dates).invoices
        known = [invoice for invoice in invoices if invoice.date <= date]
        partners = create_customers(env, [invoice.customer for invoice in known])
        ledger = HistoryLedger(env, known, partners, date)
    else:
        ledger = Portfolio(env, desk.run_day)
    desk.replay(ledger)
