# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.tools import SQL

# Days without a payment of a customer after which an account is no sign any more: a
# dormant one, or one for savings, would otherwise hold everything.
DORMANT_AFTER = 92
# Days that are looked back at all.
LOOK_BACK = 365


class ResCompany(models.Model):
    """Until which day the payments of the customers are known."""

    _inherit = "res.company"

    def _recouvrement_bank_dates(self, days):
        """Last day until which each company's payments are known.

        An account that is imported counts by its statement lines: a supplier paid
        today says nothing about what customers paid. Of several that customers pay on,
        the one that is behind decides. Where nothing is imported, the last payment of
        a customer that somebody entered.

        :param dict days: ``{company_id: day}``, later entries do not count
        :rtype: dict[int, date]
        """
        if not self:
            return {}
        rows = SQL(", ").join(
            SQL("(%s::int, %s::date)", company.id, days[company.id]) for company in self
        )
        self.env["account.journal"].flush_model(["active", "company_id", "type"])
        self.env["account.move"].flush_model(["date", "state", "journal_id"])
        self.env["account.move.line"].flush_model(["account_id", "balance", "move_id"])
        self.env["account.bank.statement.line"].flush_model(
            ["internal_index", "journal_id", "move_id"]
        )
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT c.id,
                           COALESCE(
                               min(x.stated) FILTER (
                                   WHERE x.paid >= c.day - %(dormant)s),
                               GREATEST(max(x.stated), max(x.paid)))
                      FROM (VALUES %(rows)s) c (id, day)
                      JOIN res_company p ON p.id = c.id
                      JOIN account_journal j ON j.type = 'bank' AND j.active
                       AND j.company_id::text
                           = ANY(string_to_array(p.parent_path, '/'))
                     CROSS JOIN LATERAL (
                        SELECT max((%(stated)s)) AS stated, max((%(paid)s)) AS paid
                          FROM res_company k
                         WHERE j.company_id::text
                               = ANY(string_to_array(k.parent_path, '/'))) x
                  GROUP BY c.id
                    """,
                    rows=rows,
                    dormant=DORMANT_AFTER,
                    stated=self._recouvrement_stated_sql(),
                    paid=self._recouvrement_paid_sql(),
                )
            )
        )

    # Rows are compared as wholes: by the index of journals, the one of dates would
    # read through everybody's entries.
    @staticmethod
    def _recouvrement_stated_sql():
        """Day of the last statement line of journal ``j`` in company ``k``."""
        return SQL(
            """
            SELECT m.date
              FROM account_bank_statement_line s
              JOIN account_move m ON m.id = s.move_id AND m.state = 'posted'
             WHERE (s.journal_id, s.company_id, s.internal_index)
                   BETWEEN (j.id, k.id, to_char(c.day - %s, 'YYYYMMDD'))
                       AND (j.id, k.id, to_char(c.day + 1, 'YYYYMMDD'))
          ORDER BY s.journal_id DESC, s.company_id DESC, s.internal_index DESC
             LIMIT 1
            """,
            LOOK_BACK,
        )

    def _recouvrement_paid_sql(self):
        """Day of the last payment of a customer in journal ``j`` of company ``k``."""
        return SQL(
            """
            SELECT m.date FROM account_move m
             WHERE m.state = 'posted'
               AND (m.journal_id, m.company_id, m.date)
                   BETWEEN (j.id, k.id, c.day - %s) AND (j.id, k.id, c.day)
               -- a value, looked up entry by entry: EXISTS would be joined with the
               -- items of all
               AND (SELECT true FROM account_move_line l
                     WHERE l.move_id = m.id AND l.account_id IN %s AND l.balance < 0
                     LIMIT 1)
          ORDER BY m.journal_id DESC, m.company_id DESC, m.date DESC
             LIMIT 1
            """,
            LOOK_BACK,
            self.env["recouvrement.open.item"]._receivable_ids(),
        )

    def _recouvrement_bank_is_old(self, day, bank_date):
        """Whether the bank data known on ``day`` is too old to write to debtors."""
        self.ensure_one()
        limit = self.recouvrement_bank_max_age
        if not limit:
            return False
        known = min(day, self._recouvrement_today())
        return bank_date is None or (known - bank_date).days > limit
