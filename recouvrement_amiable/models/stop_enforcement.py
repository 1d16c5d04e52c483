# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import RedirectWarning, UserError


class RecouvrementStop(models.Model):
    """What becomes of documents that the rules speak against."""

    _inherit = "recouvrement.stop"

    @api.model
    def _enforce(self, kind, documents, way_out=None):
        """Stop what must be stopped, and note what goes through with a warning.

        :param way_out: sentence on what to do, where a release cannot be asked for
        :raise RedirectWarning: something is blocked; the button asks for a release
        """
        verdicts = self._verdicts(kind, documents)
        blocked = self._blocked(verdicts)
        if blocked:
            self._refuse(blocked, way_out)
        dossiers = self._deciding_dossiers(verdicts)
        for verdict, dossier in zip(verdicts, dossiers, strict=True):
            self._note(verdict, dossier)

    @api.model
    def _set_aside(self, records, reason):
        """Ask for the release of what is stopped, where nobody is there to do so.

        :return: the records that are stopped
        """
        documents = [record._recouvrement_document() for record in records]
        verdicts = self._verdicts(records._recouvrement_kind, documents)
        blocked = self._blocked(verdicts, use=False)
        stopped = records.browse().union(*(v.document.record for v in blocked))
        if stopped:
            self.env["recouvrement.release"]._ask(stopped, reason)
        return stopped

    @api.model
    def _blocked(self, verdicts, use=True):
        """Those that nobody released.

        :param use: the releases that let the others go are used up by it
        """
        stopped = [verdict for verdict in verdicts if verdict.action == "block"]
        if not stopped:
            return []
        releases = self.env["recouvrement.release"].sudo()
        return [v for v in stopped if not releases._let_go(v, use)]

    def _refuse(self, blocked, way_out=None):
        lines = [
            self.env._(
                "%(document)s of %(customer)s is stopped. %(reasons)s",
                document=verdict.document.record.sudo().display_name,
                customer=verdict.dossier.sudo().partner_id.display_name,
                reasons=verdict.text(),
            )
            for verdict in blocked
        ]
        message = "\n\n".join(filter(None, [*lines, way_out]))
        if not self.env.user._is_internal() and self.env.uid != SUPERUSER_ID:
            # a customer learns nothing of its limit or its score
            raise UserError(self.env._("We check your order and come back to you."))
        if way_out or self.env.context.get("cron_id"):
            raise UserError(message)  # no button, or nobody to press it
        records = [verdict.document.record for verdict in blocked]
        raise RedirectWarning(
            message,
            self.env.ref("recouvrement_amiable.recouvrement_release_ask_action").id,
            self.env._("Ask for a release"),
            {
                "default_res_model": records[0]._name,
                "default_res_ids": ",".join(str(record.id) for record in records),
                "default_stop_text": message,
            },
        )

    @api.model
    def _deciding_dossiers(self, verdicts):
        """Of each verdict the dossier on which a person must decide, else None.

        A task needs a real one: who was only looked at may have none yet.
        """
        customers = [
            (verdict.dossier.company_id.id, verdict.dossier.partner_id.id)
            if verdict.person
            else None
            for verdict in verdicts
        ]
        opened = (
            self.env["recouvrement.dossier"]
            .sudo()
            ._of_customers(set(customers) - {None})
        )
        return [opened.get(customer) for customer in customers]

    def _note(self, verdict, dossier):
        """Who goes on despite a warning leaves a trace of it.

        :param dossier: on which a person must decide, or None
        """
        record = verdict.document.record.sudo()
        record._message_log(body=verdict.text())
        if not dossier:
            return
        user = dossier._alert_reader()
        if user:
            lang = self.env["recouvrement.relance"]._installed_lang(user.lang)
            dossier.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=self.with_context(lang=lang).env._(
                    "Decide on %s", record.display_name
                ),
                note=verdict.text(),
            )
