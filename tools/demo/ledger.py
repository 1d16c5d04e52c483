"""An invoice history in Odoo's ledger, by the hundred thousand.

Odoo itself posts some forty invoices a second. Here it posts and pays one of each sort;
all others are written by SQL as copies of it, with their own customer, days and
amounts, so that every column holds what Odoo would have left there. The sorts are the
invoice and the credit note; payments are lines of bank statements, matched with what
they pay.
"""

import contextlib
from decimal import ROUND_HALF_UP, Decimal

from odoo.fields import Command
from odoo.tools import SQL

from . import ledger_columns as columns

TAX = "tva_normale_ttc"
RATE = Decimal("1.20")
LABEL = "Fournitures selon bon de livraison"
# any amount without meaning
PATTERN_AMOUNT = 1234.56

MANY = 1000
_CENT = Decimal("0.01")


class HistoryLedger:
    """Writes a history day after day; what was not known on a day is not there.

    A disputed invoice is blocked (“payment blocked”) from the start if it is still
    unpaid on the last day: a history does not say when a dispute was raised, nor does
    one that was settled matter any more.

    :param invoices: list of the reader's ``Invoice``
    :param partners: ``{customer: res.partner}``
    :param last_day: nothing after it will be asked for
    """

    def __init__(self, env, invoices, partners, last_day):
        self.env = env
        self.company = env.ref("base.main_company")
        self.bank = self._first_journal("bank")
        self.journal = self._own_journal()
        self.tax = env["account.chart.template"].ref(TAX)
        # the chart brings it archived
        self.tax.active = True
        self.partner = next(iter(partners.values()), env["res.partner"])
        self._stage(invoices, partners, last_day)
        self._known_columns = {}
        self.patterns = {
            kind: self._pattern(kind)
            for (kind,) in env.execute_query(SQL("SELECT DISTINCT kind FROM history"))
        }

    def _first_journal(self, kind):
        return self.env["account.journal"].search(
            [("type", "=", kind), ("company_id", "=", self.company.id)], limit=1
        )

    def _own_journal(self):
        """A journal of its own: the numbers of the file are kept as they are."""
        return self.env["account.journal"].create(
            {
                "name": "Factures reprises",
                "code": "REP",
                "type": "sale",
                "company_id": self.company.id,
                "refund_sequence": False,
                "default_account_id": self._first_journal("sale").default_account_id.id,
            }
        )

    # ------------------------------------------------------------------
    # What is to be written
    # ------------------------------------------------------------------
    def _stage(self, invoices, partners, last_day):
        """The history as a temporary table, with room for the ids of its rows."""
        self.env.cr.execute(
            """
            CREATE TEMP TABLE history (
                n serial PRIMARY KEY, kind varchar, partner_id int, customer varchar,
                number varchar, date date, due date, paid date, blocked bool,
                amount numeric, net numeric, line_net numeric,
                move_id int, product_line int, tax_line int, term_line int,
                payment_id int, statement_id int, bank_line int, paid_line int,
                partial_id int, full_id int,
                made bool DEFAULT false, settled bool DEFAULT false)
            """
        )
        self.env.cr.execute_values(
            "INSERT INTO history (kind, partner_id, customer, number, date, due, paid,"
            " blocked, amount, net, line_net) VALUES %s",
            [
                self._row(invoice, partners[invoice.customer], last_day)
                for invoice in invoices
                if invoice.date <= last_day and invoice.amount
            ],
            page_size=5000,
        )
        self.env.cr.execute("CREATE INDEX ON history (date); ANALYZE history")

    @staticmethod
    def _row(invoice, partner, last_day):
        amount = invoice.amount.quantize(_CENT, ROUND_HALF_UP)
        # Odoo rounds the tax, and the rest of the price is the net amount
        tax = (amount - amount / RATE).quantize(_CENT, ROUND_HALF_UP)
        return (
            "out_invoice" if amount >= 0 else "out_refund",
            partner.id,
            partner.name,
            invoice.number,
            invoice.date,
            invoice.due_date,
            # a payment in advance is matched the day the invoice is made
            invoice.paid_date and max(invoice.paid_date, invoice.date),
            invoice.disputed and invoice.is_open(last_day),
            amount,
            amount - tax,
            (amount / RATE).quantize(_CENT, ROUND_HALF_UP),
        )

    # ------------------------------------------------------------------
    # One of each sort, posted and paid by Odoo
    # ------------------------------------------------------------------
    def _pattern(self, kind):
        """Rows that Odoo leaves, as JSON; the records themselves are not kept."""
        with _forgotten(self.env):
            move = self._pattern_move(kind)
            statement_line = self._pattern_payment(move)
            both = move.line_ids | statement_line.move_id.line_ids
            lines = {line.display_type: line for line in move.line_ids}
            receivable = both.filtered(
                lambda line: line.account_type == "asset_receivable"
            )
            self.env.flush_all()
            rows = {
                "invoice": self._row_of(move),
                "product": self._row_of(lines["product"]),
                "tax": self._row_of(lines["tax"]),
                "term": self._row_of(lines["payment_term"]),
                "payment": self._row_of(statement_line.move_id),
                "statement": self._row_of(statement_line),
                "bank": self._row_of((both - move.line_ids) - receivable),
                "paid": self._row_of(receivable - move.line_ids),
            }
            relations = {
                name: (lines[name].tax_ids.ids, lines[name].tax_tag_ids.ids)
                for name in ("product", "tax")
            }
            receivable.reconcile()
            self.env.flush_all()
            partial = move.line_ids.matched_credit_ids | move.line_ids.matched_debit_ids
            rows["partial"] = self._row_of(partial)
            rows["full"] = self._row_of(partial.full_reconcile_id)
        return rows, relations

    def _pattern_move(self, kind):
        move = self.env["account.move"].create(
            {
                "move_type": kind,
                "partner_id": self.partner.id,
                "journal_id": self.journal.id,
                "name": f"PATTERN-{kind}",
                "invoice_date": "2013-01-02",
                "invoice_date_due": "2013-02-01",
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": LABEL,
                            "price_unit": PATTERN_AMOUNT,
                            "tax_ids": [Command.set(self.tax.ids)],
                        }
                    )
                ],
            }
        )
        move.action_post()
        return move

    def _pattern_payment(self, move):
        receivable = self.partner.property_account_receivable_id
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank.id,
                "date": "2013-03-01",
                "amount": move.amount_total_signed,
                "partner_id": self.partner.id,
                "payment_ref": move.name,
                "counterpart_account_id": receivable.id,
            }
        )

    def _row_of(self, record):
        record.ensure_one()
        query = SQL(
            "SELECT to_jsonb(t)::text FROM %s t WHERE id = %s",
            SQL.identifier(record._table),
            record.id,
        )
        return record._table, self.env.execute_query(query)[0][0]

    # ------------------------------------------------------------------
    # Day after day
    # ------------------------------------------------------------------
    def advance(self, day):
        """Write the invoices and the payments up to the end of a day."""
        made = self._changed(_NEW_INVOICES, day)
        settled = self._changed(_NEW_PAYMENTS, day)
        for kind, (rows, relations) in self.patterns.items():
            if made:
                scope = SQL("h.kind = %s AND h.date <= %s AND NOT h.made", kind, day)
                self._copy_invoices(rows, relations, scope)
            if settled:
                scope = SQL("h.kind = %s AND h.paid <= %s AND NOT h.settled", kind, day)
                self._copy_payments(rows, scope)
        for statement in (_PAYMENT_STATEMENTS, _SETTLED_LINES, _SETTLED_MOVES, _DONE):
            self._changed(statement, day)
        if made + settled > MANY:
            # else the runs that follow are planned for empty tables
            self.env.cr.execute("ANALYZE account_move, account_move_line, res_partner")
        self.env.invalidate_all()

    def _changed(self, statement, day):
        """Rows that a statement on the history of a day changed."""
        self.env.cr.execute(statement, {"day": day})
        return self.env.cr.rowcount

    def _copy_invoices(self, rows, relations, scope):
        self._copy(rows["invoice"], columns.INVOICE, scope)
        for name, values in (
            ("product", columns.PRODUCT_LINE),
            ("tax", columns.TAX_LINE),
            ("term", columns.TERM_LINE),
        ):
            self._copy(rows[name], {**columns.ANY_LINE, **values}, scope)
        for name, (taxes, tags) in relations.items():
            self._relate(name, scope, "account_move_line_account_tax_rel", taxes)
            self._relate(name, scope, "account_account_tag_account_move_line_rel", tags)

    def _copy_payments(self, rows, scope):
        self._copy(rows["payment"], columns.PAYMENT, scope)
        self._copy(rows["statement"], columns.STATEMENT, scope)
        self._copy(
            rows["bank"], {**columns.ANY_PAYMENT_LINE, **columns.BANK_LINE}, scope
        )
        self._copy(rows["full"], {"id": "h.full_id"}, scope)
        self._copy(
            rows["paid"], {**columns.ANY_PAYMENT_LINE, **columns.PAID_LINE}, scope
        )
        self._copy(rows["partial"], columns.PARTIAL, scope)

    def _copy(self, row, values, scope):
        """Insert the pattern once for each line of the history in scope.

        :param dict values: ``{column: SQL}`` where ``h`` is the line of the history and
            ``p`` the pattern
        """
        table, pattern = row
        names = self._columns(table)
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s) SELECT %s FROM history h"
                " CROSS JOIN jsonb_populate_record(NULL::%s, %s) p"
                " WHERE %s ORDER BY h.n",
                SQL.identifier(table),
                SQL(", ").join(map(SQL.identifier, names)),
                SQL(", ").join(
                    SQL(values[name]) if name in values else SQL.identifier("p", name)
                    for name in names
                ),
                SQL.identifier(table),
                pattern,
                scope,
            )
        )

    def _columns(self, table):
        if table not in self._known_columns:
            self._known_columns[table] = self._read_columns(table)
        return self._known_columns[table]

    def _read_columns(self, table):
        return [
            row[0]
            for row in self.env.execute_query(
                SQL(
                    "SELECT column_name FROM information_schema.columns"
                    " WHERE table_schema = current_schema() AND table_name = %s",
                    table,
                )
            )
        ]

    def _relate(self, line, scope, table, ids):
        if not ids:
            return
        other = "account_tax_id" if "tax_rel" in table else "account_account_tag_id"
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (account_move_line_id, %s)"
                " SELECT h.%s, other FROM history h, unnest(%s) other WHERE %s",
                SQL.identifier(table),
                SQL.identifier(other),
                SQL.identifier(f"{line}_line"),
                ids,
                scope,
            )
        )


@contextlib.contextmanager
def _forgotten(env):
    """What is written inside is undone at the end."""
    env.flush_all()
    savepoint = env.cr.savepoint(flush=False)
    try:
        yield
    finally:
        env.clear()
        savepoint.rollback()
        savepoint.close()


# ----------------------------------------------------------------------
# Statements on the whole history
# ----------------------------------------------------------------------
def _next_ids(**columns):
    return ", ".join(
        f"{column} = nextval('{table}_id_seq')" for column, table in columns.items()
    )


_NEW_INVOICES = f"""
    UPDATE history SET {
    _next_ids(
        move_id="account_move",
        product_line="account_move_line",
        tax_line="account_move_line",
        term_line="account_move_line",
    )
}
     WHERE date <= %(day)s AND NOT made
"""
_NEW_PAYMENTS = f"""
    UPDATE history SET {
    _next_ids(
        payment_id="account_move",
        statement_id="account_bank_statement_line",
        bank_line="account_move_line",
        paid_line="account_move_line",
        partial_id="account_partial_reconcile",
        full_id="account_full_reconcile",
    )
}
     WHERE paid <= %(day)s AND NOT settled
"""
_PAYMENT_STATEMENTS = """
    UPDATE account_move m SET statement_line_id = h.statement_id
      FROM history h
     WHERE m.id = h.payment_id AND h.paid <= %(day)s AND NOT h.settled
"""
_SETTLED_LINES = """
    UPDATE account_move_line l
       SET reconciled = true, amount_residual = 0, amount_residual_currency = 0,
           full_reconcile_id = h.full_id, matching_number = h.full_id::text
      FROM history h
     WHERE l.id = h.term_line AND h.paid <= %(day)s AND NOT h.settled
"""
_SETTLED_MOVES = """
    UPDATE account_move m
       SET payment_state = 'paid', amount_residual = 0, amount_residual_signed = 0
      FROM history h
     WHERE m.id = h.move_id AND h.paid <= %(day)s AND NOT h.settled
"""
_DONE = """
    UPDATE history SET made = true, settled = COALESCE(paid <= %(day)s, false)
     WHERE date <= %(day)s AND NOT settled
"""
