# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

# Ids of the scenarios whose levels are being written, in the cache of the cursor.
IN_HAND = "recouvrement_scenarios_in_hand"


class RecouvrementScenario(models.Model):
    """A ladder of levels, and the segment of customers it serves."""

    _name = "recouvrement.scenario"
    _description = "Relance scenario"
    _order = "sequence, id"
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10, help="The first scenario whose segment fits a customer is used."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index=True,
        ondelete="cascade",
        help="Empty: shared by all companies.",
    )
    note = fields.Text(string="Purpose", translate=True)
    level_ids = fields.One2many("recouvrement.level", "scenario_id", copy=True)
    progression = fields.Selection(
        [("step", "Step by step"), ("age", "By age")],
        default="step",
        required=True,
        help="Step by step: no level is skipped. By age: the highest level whose"
        " delay has passed.",
    )
    minimum_amount = fields.Float(
        digits="Product Price",
        help="Below this amount overdue (company currency, net of credits when they"
        " are deducted) the customer waits.",
    )
    credit_policy = fields.Selection(
        [
            ("auto", "Hold above half of what is due, else deduct"),
            ("net", "Always deduct"),
            ("hold", "Always hold"),
            ("ignore", "Ignore"),
        ],
        string="Unallocated Credits",
        default="auto",
        required=True,
        help="What to do when the customer has payments or credit notes that are"
        " not matched with invoices yet.",
    )

    # Segment
    by_hand = fields.Boolean(
        string="Chosen by Hand Only", help="Never proposed by the segment rules."
    )
    segment_kind = fields.Selection(
        lambda self: self.env["recouvrement.dossier"]._selection_kind(),
        string="Kind of Debtor",
    )
    segment_class = fields.Selection(
        [
            ("B", "B or worse"),
            ("C", "C or worse"),
            ("D", "D or worse"),
            ("E", "E"),
        ],
        string="Risk Class",
        help="Customers whose risk class is this one or a worse one; unrated ones do"
        " not fit.",
    )
    segment_bad_payer = fields.Boolean(
        string="Bad Debtors",
        help="Customers whose degree of trust is “Bad debtor”.",
    )
    segment_new_days = fields.Integer(
        string="New Customer For",
        help="Days since the customer's first invoice. 0: whatever the age.",
    )
    segment_amount_min = fields.Float(
        string="Balance From",
        digits="Product Price",
        help="Open balance of the customer, company currency. 0: no limit.",
    )
    segment_amount_max = fields.Float(string="Balance Below", digits="Product Price")
    segment_category_ids = fields.Many2many("res.partner.category", string="Tags")
    segment_country_ids = fields.Many2many("res.country", string="Countries")

    level_count = fields.Integer(compute="_compute_level_count")
    ladder_text = fields.Char(string="Ladder", compute="_compute_ladder_text")
    segment_text = fields.Char(string="Serves", compute="_compute_segment_text")

    _minimum_positive = models.Constraint(
        "CHECK (minimum_amount >= 0)", "The minimum amount cannot be negative."
    )
    _segment_amounts = models.Constraint(
        "CHECK (segment_amount_min >= 0 AND segment_amount_max >= 0 AND"
        " (segment_amount_max = 0 OR segment_amount_max > segment_amount_min))",
        "The balances of the segment must be positive, the first below the second.",
    )
    _segment_new_sane = models.Constraint(
        "CHECK (segment_new_days BETWEEN 0 AND 36500)",
        "A customer is new for 0 to 36,500 days.",
    )

    @api.depends("level_ids")
    def _compute_level_count(self):
        for scenario in self:
            scenario.level_count = len(scenario.level_ids)

    @api.depends("level_ids.delay")
    def _compute_ladder_text(self):
        for scenario in self:
            scenario.ladder_text = " · ".join(
                f"{delay:+d}" for delay in sorted(scenario.level_ids.mapped("delay"))
            )

    @api.depends(
        "by_hand",
        "segment_kind",
        "segment_class",
        "segment_bad_payer",
        "segment_new_days",
        "segment_amount_min",
        "segment_amount_max",
        "segment_category_ids.name",
        "segment_country_ids.name",
    )
    @api.depends_context("lang")
    def _compute_segment_text(self):
        """The segment in words; a list then says at a glance who gets what."""
        for scenario in self:
            scenario.segment_text = scenario._segment_words()

    def _segment_words(self):
        self.ensure_one()
        if self.by_hand:
            return self.env._("Chosen by hand only")
        kinds = dict(self.env["recouvrement.dossier"]._selection_kind())
        words = [
            kinds.get(self.segment_kind),
            self.segment_class and self.env._("risk class from %s", self.segment_class),
            self.segment_bad_payer and self.env._("bad debtors"),
            self.segment_new_days
            and self.env._("customers of less than %s days", self.segment_new_days),
            self.segment_amount_min
            and self.env._("balance from %g", self.segment_amount_min),
            self.segment_amount_max
            and self.env._("balance below %g", self.segment_amount_max),
            *self.segment_category_ids.mapped("name"),
            *self.segment_country_ids.mapped("name"),
        ]
        text = ", ".join(filter(None, words)) or self.env._("Everybody else")
        return text[:1].upper() + text[1:]

    @api.constrains("level_ids", "active")
    def _check_levels(self):
        if self.env.context.get("install_mode"):
            return  # a data file writes the levels after their scenario
        # archived levels are no steps, even where a screen shows them
        found = self.env["recouvrement.level"]._read_group(
            [("scenario_id", "in", self.ids), ("active", "=", True)], ["scenario_id"]
        )
        with_levels = self.browse([scenario.id for (scenario,) in found])
        for scenario in self - with_levels:
            if scenario.active:
                raise ValidationError(
                    self.env._(
                        "The scenario “%s” has no level. Add at least one level, or"
                        " archive the scenario.",
                        scenario.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        scenarios = super().create(vals_list)
        # A create without ``level_ids`` does not trigger the constraint.
        scenarios._check_levels()
        return scenarios

    def write(self, vals):
        """A ladder written as a whole is checked in the end: its only level may give
        way to another one.
        """
        if "level_ids" not in vals:
            return super().write(vals)
        in_hand = self.env.cr.cache.setdefault(IN_HAND, set())
        added = set(self.ids) - in_hand
        in_hand |= added
        try:
            return super().write(vals)
        finally:
            in_hand -= added

    def _check_left(self):
        """Levels left: those of a scenario that is being written are checked then."""
        in_hand = self.env.cr.cache.get(IN_HAND, ())
        self.filtered(lambda scenario: scenario.id not in in_hand)._check_levels()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """Its levels would go with it: what was said at one of them keeps it too."""
        relance = (
            self.env["recouvrement.relance"]
            .sudo()
            .search_fetch([("scenario_id", "in", self.ids)], ["scenario_id"], limit=1)
        )
        levels = self.with_context(active_test=False).level_ids
        used = relance.scenario_id or levels._said().scenario_id
        if used:
            raise UserError(
                self.env._(
                    "The scenario “%s” has relances in its history. Archive it"
                    " instead: its customers then follow the next one that fits.",
                    used.name,
                )
            )

    # ------------------------------------------------------------------
    # Choice of the scenario
    # ------------------------------------------------------------------
    @api.model
    def _choice_sql(self, days, dossiers=None):
        """First scenario whose segment fits, for each dossier of some companies.

        Of the customers that ``recouvrement.dossier._gather_accounts`` put down.

        :param dict days: ``{company_id: day}``
        :param SQL dossiers: where the dossiers are read; those there are by default
        :return: SELECT of ``(dossier_id, scenario_id)``; null when nothing fits
        """
        company_days = SQL(", ").join(
            SQL("(%s::int, %s::date)", company_id, day)
            for company_id, day in days.items()
        )
        return SQL(
            """
            WITH day AS (
                SELECT * FROM (VALUES %(company_days)s) v (company_id, day)
            ),
            figure AS (
              SELECT d.id, d.company_id, d.partner_id, d.kind, d.risk_class,
                     p.country_id, day.day,
                     p.trust ->> d.company_id::text = 'bad' AS is_bad,
                     c.parent_path,
                     b.balance, b.first_open
                FROM %(dossiers)s d
                JOIN day ON day.company_id = d.company_id
                JOIN res_partner p ON p.id = d.partner_id
                JOIN res_company c ON c.id = d.company_id
                JOIN open_account b
                  ON b.company_id = d.company_id AND b.partner_id = d.partner_id
               WHERE NOT EXISTS (SELECT 1 FROM recouvrement_scenario chosen
                                  WHERE chosen.id = d.scenario_choice_id
                                    AND chosen.active)
            )
            SELECT DISTINCT ON (g.id) g.id AS dossier_id, s.id AS scenario_id
              FROM figure g
         LEFT JOIN recouvrement_scenario s
                ON s.active AND s.by_hand IS NOT TRUE
               AND (s.company_id IS NULL
                    OR s.company_id::text = ANY(string_to_array(g.parent_path, '/')))
               AND EXISTS (SELECT 1 FROM recouvrement_level v
                            WHERE v.scenario_id = s.id AND v.active)
               AND (s.segment_kind IS NULL OR s.segment_kind = g.kind)
               AND (NOT COALESCE(s.segment_bad_payer, false) OR g.is_bad)
               AND (s.segment_class IS NULL
                    OR (g.risk_class <> 'none' AND g.risk_class >= s.segment_class))
               AND (COALESCE(s.segment_new_days, 0) = 0
                    OR (g.first_open > g.day - s.segment_new_days
                        -- nor an invoice paid since; the array keeps it to an index
                        AND NOT EXISTS (
                          SELECT 1 FROM account_move m
                           WHERE m.partner_id = ANY(ARRAY(
                                   SELECT q.id FROM res_partner q
                                    WHERE q.commercial_partner_id = g.partner_id))
                             AND m.company_id = g.company_id
                             AND m.state = 'posted' AND m.move_type = 'out_invoice'
                             AND m.invoice_date <= g.day - s.segment_new_days)))
               AND (COALESCE(s.segment_amount_min, 0) = 0
                    OR g.balance >= s.segment_amount_min)
               AND (COALESCE(s.segment_amount_max, 0) = 0
                    OR COALESCE(g.balance, 0) < s.segment_amount_max)
               AND (NOT EXISTS (SELECT 1 FROM %(tags)s t WHERE t.%(scenario)s = s.id)
                    OR EXISTS (
                      SELECT 1 FROM %(tags)s t
                        JOIN res_partner_res_partner_category_rel pc
                          ON pc.category_id = t.%(tag)s
                       WHERE t.%(scenario)s = s.id
                         AND pc.partner_id = g.partner_id))
               AND (NOT EXISTS (SELECT 1 FROM %(lands)s t WHERE t.%(scenario)s = s.id)
                    OR EXISTS (SELECT 1 FROM %(lands)s t
                                WHERE t.%(scenario)s = s.id
                                  AND t.%(land)s = g.country_id))
          ORDER BY g.id, s.sequence, s.id
            """,
            company_days=company_days,
            dossiers=dossiers or SQL("recouvrement_dossier"),
            tags=SQL.identifier(self._fields["segment_category_ids"].relation),
            scenario=SQL.identifier(self._fields["segment_category_ids"].column1),
            tag=SQL.identifier(self._fields["segment_category_ids"].column2),
            lands=SQL.identifier(self._fields["segment_country_ids"].relation),
            land=SQL.identifier(self._fields["segment_country_ids"].column2),
        )
