# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools.misc import format_date, formatLang

KINDS = ("order", "invoice", "delivery")


class Document(NamedTuple):
    """What somebody wants to confirm, post or deliver.

    :ivar record: sale order, invoice or delivery
    :ivar partner: its customer, any contact
    :ivar amount: what it adds to the exposure, in the company's currency
    :ivar total: its own amount, in the company's currency: what a release covers
    :ivar parts: the total by what it comes from (``"sale.order,7"``), if it comes
        from anything
    """

    record: models.Model
    company: models.Model
    partner: models.Model
    amount: float
    total: float
    parts: dict | None = None

    def origins(self):
        """``{origin: amount}``: the same money as other documents of that origin."""
        return self.parts or {f"{self.record._name},{self.record.id}": self.total}


class Verdict(NamedTuple):
    """What the rules say about a document.

    :ivar action: ``warn`` or ``block``
    :ivar reasons: sentences
    :ivar person: whether a person must decide, since only a score of a natural
        person speaks against it
    """

    document: Document
    dossier: models.Model
    action: str
    reasons: list
    person: bool

    def text(self):
        return " ".join(self.reasons)


class RecouvrementStop(models.Model):
    """What stops an order, an invoice or a delivery in a company: a rule per reason.

    Without a rule, or with "nothing", all goes through. The rules are read in the
    document's own company, whatever companies the user looks at.
    """

    _name = "recouvrement.stop"
    _description = "Stop"
    _order = "company_id, sequence, id"

    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    reason = fields.Selection(
        [
            ("over_limit", "Over the limit"),
            ("overdue", "Overdue for too long"),
            ("level", "Relance level reached"),
            ("class", "Risk class"),
            ("manual", "Stopped by hand"),
        ],
        required=True,
    )
    days = fields.Integer(
        help="Overdue: the oldest item is late for more days. Level: the level reached"
        " is the one of that day, or a later one.",
    )
    risk_class = fields.Selection(
        [("C", "C or worse"), ("D", "D or worse"), ("E", "E")], string="Class"
    )
    at_order = fields.Selection("_selection_action", default="none", required=True)
    at_invoice = fields.Selection("_selection_action", default="none", required=True)
    at_delivery = fields.Selection("_selection_action", default="none", required=True)

    _company_reason_uniq = models.UniqueIndex(
        "(company_id, reason)", "There is a rule for this reason already: change it."
    )
    _days_positive = models.Constraint(
        "CHECK (days >= 0)", "The number of days cannot be negative."
    )
    _class_given = models.Constraint(
        "CHECK (reason <> 'class' OR risk_class IS NOT NULL)",
        "Say from which risk class on.",
    )

    @api.model
    def _selection_action(self):
        return [
            ("none", self.env._("Nothing")),
            ("warn", self.env._("Warn")),
            ("block", self.env._("Block")),
        ]

    @api.depends("reason")
    def _compute_display_name(self):
        labels = dict(self._fields["reason"]._description_selection(self.env))
        for stop in self:
            stop.display_name = labels.get(stop.reason, "")

    # ------------------------------------------------------------------
    # Verdicts
    # ------------------------------------------------------------------
    @api.model
    def _verdicts(self, kind, documents, together=True):
        """What speaks against some documents, a fixed number of queries for all.

        :param kind: one of KINDS
        :param documents: list of Document
        :param together: those of one customer add up in their order, the second one
            meets the limit that the first has used; else each is judged by itself
        :rtype: list[Verdict]
        """
        self = self.sudo()  # the seller sees why, whatever rights on dossiers
        rules = self._rules(kind, documents)
        documents = [doc for doc in documents if doc.company in rules and doc.partner]
        if not documents:
            return []
        dossiers, rows = self._accounts(documents, rules)
        levels = self._levels(rules, dossiers)
        added = defaultdict(float)
        verdicts = []
        for document in documents:
            customer = self._customer(document)
            row = rows[customer]
            key = row["company_id"], row["head_id"]
            added[key] = document.amount + (added[key] if together else 0)
            found = []
            for rule in rules[document.company]:
                for company in document.company.sudo() | rule.company_id:
                    account = company.id, customer[1]
                    dossier, more = dossiers[account], added[key]
                    if company != document.company:
                        more += self._in_branches(rows, company, customer[1])
                    sentence = rule._against(dossier, rows[account], more, levels)
                    if sentence:
                        found.append((rule, dossier, sentence))
                        break
            if found:
                dossier = dossiers[customer]
                verdicts.append(self._verdict(kind, document, dossier, found))
        return verdicts

    @api.model
    def _customer(self, document):
        partner = document.partner.sudo().commercial_partner_id
        return document.company.id, partner.id

    def _in_branches(self, rows, company, partner_id):
        """Exposure of a customer in the branches, which the company's limit covers.

        Nothing when the exposure of all companies is added up already.
        """
        if company.recouvrement_exposure_pooled:
            return 0
        branches = self.env["res.company"].browse(
            found for found, partner in rows if partner == partner_id
        )
        return sum(
            float(rows[branch.id, partner_id]["group_exposure"])
            for branch in branches - company
            if branch.parent_path.startswith(company.parent_path)
        )

    def _accounts(self, documents, rules):
        """``({account: dossier}, {account: row of the exposure})``

        The accounts of the customers with the documents' companies, and with those
        whose rules hold there and their other branches. Read, never written: a
        quotation that is only looked at opens no dossier.
        """
        company = self.env["res.company"]
        owners = {c: found.company_id - c for c, found in rules.items()}
        parents = company.union(*owners.values())
        trees = (
            company.search([("id", "child_of", parents.ids)]) if parents else company
        )
        pairs = set()
        for document in documents:
            partner = document.partner.sudo().commercial_partner_id
            pairs.add((document.company.sudo(), partner))
            for owner in owners[document.company]:
                pairs |= {
                    (branch, partner)
                    for branch in trees
                    if branch.parent_path.startswith(owner.parent_path)
                }
        return (
            self.env["recouvrement.dossier"]._of_customers(
                {(company.id, partner.id) for company, partner in pairs}, "imagine"
            ),
            self.env["recouvrement.exposure"]._of_customers(pairs),
        )

    def _rules(self, kind, documents):
        """``{company: rules}``; the nearest company's rule for each reason."""
        companies = (
            self.env["res.company"]
            .sudo()
            .union(*(document.company for document in documents))
        )
        found = self.search([("company_id", "parent_of", companies.ids)])
        rules = {}
        for company in companies:
            nearest = {}
            for owner in company.parent_ids:  # from the root down
                own = found.filtered(lambda rule, owner=owner: rule.company_id == owner)
                nearest.update({rule.reason: rule for rule in own})
            kept = self.union(*nearest.values()).filtered(
                lambda rule: rule[f"at_{kind}"] != "none"
            )
            if kept:
                rules[company] = kept
        return rules

    def _levels(self, rules, dossiers):
        """``{dossier id: level reached}``, only read when a rule asks for it."""
        wanted = any(
            rule.reason == "level" for found in rules.values() for rule in found
        )
        if not wanted:
            return {}
        known = self.env["recouvrement.dossier"].union(*dossiers.values())._origin
        rows = self.env["recouvrement.worklist"]._figures(known)
        level = self.env["recouvrement.level"]
        return {row["dossier_id"]: level.browse(row["level_id"]) for row in rows}

    def _verdict(self, kind, document, dossier, found):
        """:param found: ``(rule, dossier that it speaks of, sentence)``"""
        blocking = [
            (rule.reason, account)
            for rule, account, _sentence in found
            if rule[f"at_{kind}"] == "block"
        ]
        # GDPR, art. 22: no decision on a person by a score alone.
        person = bool(blocking) and all(
            reason == "class"
            and account._is_natural_person()
            and account._class_is_score_only()
            for reason, account in blocking
        )
        action = "block" if blocking and not person else "warn"
        reasons = [
            sentence
            if account.company_id == document.company
            else self.env._(
                "%(company)s: %(reason)s",
                company=account.company_id.name,
                reason=sentence,
            )
            for _rule, account, sentence in found
        ]
        return Verdict(document, dossier, action, reasons, person)

    # -- one reason -----------------------------------------------------
    def _against(self, dossier, row, added, levels):
        """Sentence of this rule against a customer, or None."""
        return getattr(self, f"_against_{self.reason}")(dossier, row, added, levels)

    def _money(self, dossier, amount):
        return formatLang(
            self.env, amount or 0, currency_obj=dossier.company_id.currency_id
        )

    def _against_over_limit(self, dossier, row, added, levels):
        total = float(row["group_exposure"]) + added
        limit = float(row["limit_amount"])
        currency = dossier.company_id.currency_id
        if not row["has_limit"]:
            return None
        if currency.compare_amounts(total, limit) <= 0:
            return row["unrated"] and self.env._(
                "No exchange rate for %s: the exposure cannot be held against the"
                " limit.",
                row["unrated"],
            )
        if row["limit_expired"]:
            return self.env._(
                "The limit ended on %(day)s; the exposure would be %(total)s.",
                day=format_date(self.env, row["limit_until"]),
                total=self._money(dossier, total),
            )
        return self.env._(
            "The exposure would be %(total)s: %(over)s over the limit of %(limit)s.",
            total=self._money(dossier, total),
            over=self._money(dossier, total - limit),
            limit=self._money(dossier, limit),
        )

    def _against_overdue(self, dossier, row, added, levels):
        owed = row["amount_overdue"] - row["amount_credit"]
        currency = dossier.company_id.currency_id
        if row["days_late"] <= self.days or currency.compare_amounts(owed, 0) <= 0:
            return None
        return self.env._(
            "%(amount)s are overdue, the oldest for %(days)s days.",
            amount=self._money(dossier, row["amount_overdue"]),
            days=row["days_late"],
        )

    def _against_level(self, dossier, row, added, levels):
        level = levels.get(dossier.id)
        if not level or level.delay < self.days:
            return None
        return self.env._("The relances have reached “%s”.", level.name)

    def _against_class(self, dossier, row, added, levels):
        if not self.env["recouvrement.score"]._worse(
            dossier.risk_class, self.risk_class
        ):
            return None
        return self.env._("The risk class is %s.", dossier.risk_class)

    def _against_manual(self, dossier, row, added, levels):
        if not dossier.is_stopped:
            return None
        return self.env._("Stopped by hand: %s.", dossier.stop_reason)
