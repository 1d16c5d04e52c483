# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Brings relances that wait, or partly left, to the situations of the day.

Reads and fills the temporary tables of ``relance_plan``; a fixed number of
statements whatever the relances.
"""

from odoo.tools import SQL

from .relance_writer import CHANNEL_CONTACTS, NEED_CONTACT, RelanceWriter

# Nothing known against a relance, and nothing for it: see ``obstacles``.
NO_OBSTACLE = (0, 0, False)
# Parts of a relance that may still leave (``x``: recouvrement_delivery).
STILL_TO_GO = SQL(
    "x.state IN ('draft', 'queued', 'todo')"
    " OR (x.state = 'failed' AND x.settled IS NOT TRUE)"
)


class RelanceRefresh(RelanceWriter):
    """What was written is held against what ``classify`` found."""

    def refresh(self, relances):
        """Bring relances of which nothing has left to the situations of now.

        Items that are gone, or held one by one, leave the message and give their
        level back; amounts move; credits, late items and what falls due soon are
        listed again. A line that a person dropped stays out.
        """
        self._nothing_due()
        self._name_relances(relances.ids)
        self._move_lines(relances, gone=SQL("cancelled = true"))
        self._execute(
            SQL(
                "DELETE FROM recouvrement_relance_line WHERE relance_id IN %s"
                " AND granted IS NOT TRUE AND cancelled IS NOT TRUE",
                tuple(relances.ids),
            )
        )
        self._insert_lines(again=True)

    def refresh_left(self, relances):
        """The same for relances that partly left: levels stay, items are struck.

        What came in since is deducted from what is still to leave. A level that
        counts by its registered letter is not said before that letter went.
        """
        self._nothing_due()
        self._name_relances(relances.ids)
        notice_to_go = SQL(
            "l.granted AND EXISTS (SELECT 1 FROM recouvrement_relance r"
            " JOIN recouvrement_delivery x ON x.relance_id = r.id"
            " WHERE r.id = l.relance_id AND r.level_id = l.level_id"
            " AND x.channel = 'registered' AND (%s))",
            STILL_TO_GO,
        )
        self._move_lines(
            relances, gone=SQL("struck = true, cancelled = (%s)", notice_to_go)
        )
        self._insert_lines(again=True, only="d_credit")

    def _move_lines(self, relances, gone):
        """Amounts of the lines of now; ``gone`` is set on those that ended.

        What is late is not announced any more as falling due.
        """
        self._execute(
            SQL(
                """
                UPDATE recouvrement_relance_line l SET %(gone)s
                 WHERE l.relance_id IN %(ids)s AND l.cancelled IS NOT TRUE
                   AND NOT EXISTS (
                     SELECT 1 FROM plan_item i
                      WHERE i.id = l.move_line_id AND i.item_holds = 0
                        AND NOT (l.kind = 'b_early' AND i.is_late))
                """,
                gone=gone,
                ids=tuple(relances.ids),
            )
        )
        self._execute(
            SQL(
                """
                UPDATE recouvrement_relance_line l
                   SET residual = i.amount_residual,
                       residual_currency = i.amount_residual_currency,
                       date_due = i.date_due, days_late = GREATEST(i.days_late, 0)
                  FROM plan_item i
                 WHERE i.id = l.move_line_id AND l.relance_id IN %s
                   AND (l.residual <> i.amount_residual
                        OR l.residual_currency <> i.amount_residual_currency
                        OR l.days_late <> GREATEST(i.days_late, 0)
                        OR l.date_due IS DISTINCT FROM i.date_due)
                """,
                tuple(relances.ids),
            )
        )

    def renew_contacts(self, relances):
        """Choose again whom to write to, for what has not left yet.

        The choice of a person stays, unless that contact is archived or has left for
        another customer.

        :return: ids of the deliveries whose contact is another one now
        """
        contacts = SQL(", ").join(
            SQL("(%s, %s)", channel, CHANNEL_CONTACTS[channel])
            for channel in NEED_CONTACT
        )
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE recouvrement_delivery x SET partner_id = n.partner_id
                  FROM (
                    SELECT y.id, c.partner_id
                      FROM recouvrement_delivery y
                      JOIN plan_dossier d ON d.dossier_id = y.dossier_id
                     CROSS JOIN LATERAL (VALUES %(contacts)s) c (channel, partner_id)
                 LEFT JOIN res_partner p ON p.id = y.partner_id
                     WHERE y.relance_id IN %(ids)s AND c.channel = y.channel
                       AND y.state IN ('draft', 'queued', 'todo')
                       AND c.partner_id <> COALESCE(y.partner_id, 0)
                       AND (y.is_chosen IS NOT TRUE OR p.active IS NOT TRUE
                            OR p.commercial_partner_id <> d.partner_id)) n
                 WHERE x.id = n.id
             RETURNING x.id
                """,
                contacts=contacts,
                ids=tuple(relances.ids),
            )
        )
        return [row[0] for row in rows]

    def obstacles(self, relances):
        """What speaks against each relance now, from its own granted items.

        Of a relance by hand that grants nothing, from all that it asks for.

        :return: ``{relance_id: (holds, waits, own)}``: bits of ``situation_reasons``,
            and whether an item still calls for the relance's own level
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.relance_id, COALESCE(bit_or(i.holds), 0),
                       COALESCE(bit_or(i.waits), 0),
                       bool_or(NOT g.grants OR l.level_id = r.level_id)
                  FROM recouvrement_relance_line l
                  JOIN recouvrement_relance r ON r.id = l.relance_id
                  JOIN plan_item i ON i.id = l.move_line_id
                 CROSS JOIN LATERAL (
                    SELECT r.origin <> 'manual' OR EXISTS (
                        SELECT 1 FROM recouvrement_relance_line o
                         WHERE o.relance_id = r.id AND o.granted) AS grants) g
                 WHERE l.relance_id IN %s
                   AND l.cancelled IS NOT TRUE AND l.struck IS NOT TRUE
                   AND (l.granted
                        OR NOT g.grants AND l.kind IN ('a_late', 'b_early'))
              GROUP BY l.relance_id
                """,
                tuple(relances.ids),
            )
        )
        return {relance_id: tuple(found) for relance_id, *found in rows}
