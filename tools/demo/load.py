"""The invoices of the demo."""


def load(env, date, invoices_path):
    """Create the debtors with their invoices and payments, as known on ``date``.

    ``env`` is the superuser's environment on the fresh demo database, where the main
    company has its French chart of accounts; ``date`` is a ``datetime.date`` and
    ``invoices_path`` the ``Path`` of a CSV file, or ``None`` for invented invoices.
    The caller commits.
    """
