# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.tools import SQL, config, format_list
from odoo.tools.misc import format_date

from ..models.delivery_contact import CONTACT_COLUMNS
from .recouvrement_go_live import CHECKS

# What one must be allowed to do to mend a point: ``(model, operation)``.
RIGHTS = {
    "address": ("res.partner", "write"),
    "bank_account": ("res.partner.bank", "create"),
    "mail_server": ("ir.mail_server", "write"),
    "bank_data": ("account.bank.statement.line", "create"),
}
# Names said of customers that lack something; the others are counted.
SHOWN = 5


class RecouvrementGoLive(models.TransientModel):
    """What the checklist looks at, and where each point is mended."""

    _inherit = "recouvrement.go.live"

    def _checks(self):
        """``{code: (name, status, advice)}``, in the order of the screen."""
        self.ensure_one()
        checks = {}
        for code in CHECKS:
            name, status, advice = getattr(self, f"_check_{code}")()
            if status != "ok" and not self._may_mend(code):
                advice = " ".join(
                    [
                        advice,
                        self.env._("It takes rights you lack: ask an administrator."),
                    ]
                )
            checks[code] = (name, status, advice)
        return checks

    def _may_mend(self, code):
        model, operation = RIGHTS.get(code, (self._name, "write"))
        return self.env[model].has_access(operation)

    def _may_open(self, code):
        """Whether the person may at least look at where the point is mended."""
        model, _operation = RIGHTS.get(code, (self._name, "write"))
        return self.env[model].has_access("read")

    # -- the company ---------------------------------------------------------
    def _check_address(self):
        partner = self.company_id.sudo().partner_id
        complete = partner.street and partner.zip and partner.city
        return (
            self.env._("Company address"),
            "ok" if complete else "missing",
            ""
            if complete
            else self.env._("Letters need street, postcode and city of the company."),
        )

    def _open_address(self):
        return self._window("res.partner", self.company_id.partner_id)

    def _check_bank_account(self):
        banks = self.company_id.sudo().partner_id.bank_ids
        return (
            self.env._("Bank account"),
            "ok" if banks else "missing",
            banks[:1].acc_number
            or self.env._("Add the company's IBAN: the texts say where to pay."),
        )

    def _open_bank_account(self):
        partner = self.company_id.partner_id
        return self._list(
            "res.partner.bank",
            self.env._("Bank Accounts of %s", partner.name),
            [("partner_id", "=", partner.id)],
            {"default_partner_id": partner.id},
        )

    def _check_mail_server(self):
        """A record, else the server that the administrator gave to Odoo itself."""
        server = self.env["ir.mail_server"].sudo().search([], limit=1).name
        *given, _defaults = config.options.maps
        if not server and any("smtp_server" in options for options in given):
            server = config["smtp_server"]
        return (
            self.env._("Outgoing mail server"),
            "ok" if server else "missing",
            server or self.env._("Configure and test an outgoing mail server."),
        )

    def _open_mail_server(self):
        return self.env["ir.actions.act_window"]._for_xml_id(
            "base.action_ir_mail_server_list"
        )

    def _check_people(self):
        company = self.company_id.sudo()
        collector = company.recouvrement_collector_id
        return (
            self.env._("Default collector"),
            "ok" if collector else "warning",
            collector.name
            or self.env._(
                "Calls of customers without a collector would have nobody to make them."
            ),
        )

    def _open_people(self):
        return self.env["ir.actions.act_window"]._for_xml_id(
            "recouvrement_amiable.recouvrement_settings_action"
        )

    # -- the ladders -----------------------------------------------------------
    def _without_ladder(self):
        return [
            ("company_id", "=", self.company_id.id),
            ("scenario_choice_id", "=", False),
            ("scenario_auto_id", "=", False),
        ]

    def _ladders_in_use(self):
        """Ladders of the company's customers; all of them before there are any."""
        used = (
            self.env["recouvrement.dossier"]
            .sudo()
            ._read_group(
                [("company_id", "=", self.company_id.id)],
                ["scenario_choice_id", "scenario_auto_id"],
            )
        )
        Scenario = self.env["recouvrement.scenario"]
        ids = {(choice or automatic).id for choice, automatic in used} - {False}
        known = Scenario.search([("id", "in", list(ids))])
        return known or Scenario.search(
            [("company_id", "in", [False, self.company_id.id])]
        )

    def _check_ladders(self):
        Dossier = self.env["recouvrement.dossier"].sudo()
        without = Dossier.search_count(self._without_ladder())
        if without:
            return (
                self.env._("Ladders"),
                "warning",
                self.env._("%s customer(s) fit no scenario.", without),
            )
        any_open = Dossier.search_count(
            [("company_id", "=", self.company_id.id)], limit=1
        )
        return (
            self.env._("Ladders"),
            "ok",
            ", ".join(self._ladders_in_use().mapped("name"))
            if any_open
            else self.env._("No customer has anything open yet."),
        )

    def _open_ladders(self):
        """The customers that fit none; else the ladders themselves."""
        domain = self._without_ladder()
        if self.env["recouvrement.dossier"].search_count(domain, limit=1):
            return self._list(
                "recouvrement.dossier", self.env._("Customers Without a Ladder"), domain
            )
        return self._list(
            "recouvrement.scenario",
            self.env._("Ladders in Use"),
            [("id", "in", self._ladders_in_use().ids)],
        )

    # -- the customers -----------------------------------------------------------
    def _unreachable(self):
        """Late customers that lack a means of contact of their ladder.

        :return: ``{dossier id: set of columns of the one query}``
        """
        lacks = [
            SQL(
                "CASE WHEN q.scenario_id IN %s AND %s IS NULL THEN %s END",
                tuple(scenarios),
                SQL.identifier("q", column),
                column,
            )
            for column, scenarios in self._needs().items()
        ]
        if not lacks:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT q.dossier_id, array_agg(DISTINCT c.lacking)
                  FROM (%s) q CROSS JOIN LATERAL unnest(ARRAY[%s]) c (lacking)
                 WHERE q.is_late AND q.amount_residual > 0 AND c.lacking IS NOT NULL
              GROUP BY q.dossier_id
                """,
                self._late_query().select(),
                SQL(", ").join(lacks),
            )
        )
        return {dossier_id: set(columns) for dossier_id, columns in rows}

    def _needs(self):
        """``{column of the one query: ids of the scenarios that need it}``."""
        levels = (
            self.env["recouvrement.level"]
            .sudo()
            .search([("scenario_id.active", "=", True)])
        )
        needs = {}
        for level in levels:
            for channel in level._channels():
                if channel in CONTACT_COLUMNS:
                    column = CONTACT_COLUMNS[channel]
                    needs.setdefault(column, set()).add(level.scenario_id.id)
        return needs

    def _check_contacts(self):
        lacking = self._unreachable()
        if not lacking:
            return self.env._("Contacts"), "ok", ""
        means = {
            "email_partner_id": self.env._("e-mail address"),
            "phone_partner_id": self.env._("telephone"),
            "post_partner_id": self.env._("postal address"),
        }
        counts = [
            self.env._(
                "%(means)s (%(count)s)",
                means=label,
                count=sum(column in columns for columns in lacking.values()),
            )
            for column, label in means.items()
            if any(column in columns for columns in lacking.values())
        ]
        return (
            self.env._("Contacts"),
            "warning",
            self.env._(
                "%(count)s late customer(s) lack what their ladder uses: %(means)s."
                " %(names)s.",
                count=len(lacking),
                means=format_list(self.env, counts),
                names=self._some_names(sorted(lacking)),
            ),
        )

    def _some_names(self, dossier_ids):
        """“A, B and C”, or the first ones and how many others there are."""
        dossiers = self.env["recouvrement.dossier"].sudo().browse(dossier_ids)
        names = dossiers[:SHOWN].mapped("display_name")
        if len(dossiers) > SHOWN:
            names.append(self.env._("%s more", len(dossiers) - SHOWN))
        return format_list(self.env, names)

    def _open_contacts(self):
        dossiers = self.env["recouvrement.dossier"].sudo().browse(self._unreachable())
        return self._list(
            "res.partner",
            self.env._("Customers to Complete"),
            [("id", "in", dossiers.partner_id.ids)],
        )

    # -- the bank ------------------------------------------------------------------
    def _check_bank_data(self):
        company = self.company_id.sudo()
        today = company._recouvrement_today()
        last = company._recouvrement_bank_dates({company.id: today}).get(company.id)
        old = company._recouvrement_bank_is_old(today, last)
        if last is None:
            return (
                self.env._("Bank data"),
                "warning",
                self.env._("No bank entry yet: import a statement or record payments."),
            )
        return (
            self.env._("Bank data"),
            "warning" if old else "ok",
            self.env._("Last entry on %s.", format_date(self.env, last)),
        )

    def _open_bank_data(self):
        return self.env["ir.actions.act_window"]._for_xml_id(
            "account.open_account_journal_dashboard_kanban"
        )

    # -- windows -------------------------------------------------------------------
    def _window(self, model, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": record.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def _list(self, model, name, domain, context=None):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
            "domain": domain,
            "context": context or {},
        }
