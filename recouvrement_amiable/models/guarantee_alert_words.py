# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import api, models
from odoo.tools.misc import format_date, formatLang

ACTIVITY = "mail.mail_activity_data_todo"


class RecouvrementGuaranteeAlert(models.Model):
    """The activities that tell, in the language of their reader."""

    _inherit = "recouvrement.guarantee.alert"

    @api.model
    def _activity_values(self, rows, user, day):
        first = rows[0]
        reader = self.with_context(
            lang=self.env["recouvrement.relance"]._installed_lang(user.lang)
        )
        write = reader._declaration_words
        if not first["move_line_id"]:
            write = reader._end_words
        summary, note = write(rows, day)
        return {
            "res_model_id": self.env["ir.model"]._get_id("recouvrement.dossier"),
            "res_id": first["dossier_id"],
            "activity_type_id": self.env.ref(ACTIVITY).id,
            "user_id": user.id,
            "date_deadline": first["deadline"],
            "summary": summary,
            "note": note,
        }

    def _end_words(self, rows, day):
        """Summary and text about the end of one guarantee."""
        (row,) = rows
        until = format_date(self.env, row["deadline"])
        kind = self._kind_of(row["guarantee"])
        if row["deadline"] < day:
            summary = self.env._("%(kind)s ended on %(until)s", kind=kind, until=until)
        else:
            summary = self.env._("%(kind)s ends on %(until)s", kind=kind, until=until)
        note = self.env._(
            "%(name)s, %(amount)s: renew it, or stop counting on it.",
            name=self._name_of(row["guarantee"]),
            amount=self._money(row),
        )
        return summary, Markup("<p>%s</p>") % note

    def _declaration_words(self, rows, day):
        """Summary and text about the items of one customer to declare."""
        summary = self.env._(
            "%(count)s unpaid item(s) to declare to the insurer by %(deadline)s",
            count=len({row["move_line_id"] for row in rows}),
            deadline=format_date(self.env, rows[0]["deadline"]),
        )
        items = Markup().join(
            Markup("<li>%s</li>") % self._declaration_line(row, day) for row in rows
        )
        intro = self.env._(
            "Unpaid and insured; a claim declared too late may not be paid:"
        )
        return summary, Markup("<p>%s</p><ul>%s</ul>") % (intro, items)

    def _declaration_line(self, row, day):
        words = {
            "item": row["item"],
            "amount": self._money(row),
            "due": format_date(self.env, row["due"]),
            "deadline": format_date(self.env, row["deadline"]),
            "guarantee": self._name_of(row["guarantee"]),
        }
        if row["deadline"] < day:
            return self.env._(
                "%(item)s: %(amount)s due on %(due)s, the deadline was %(deadline)s"
                " (%(guarantee)s)",
                **words,
            )
        return self.env._(
            "%(item)s: %(amount)s due on %(due)s, to declare by %(deadline)s"
            " (%(guarantee)s)",
            **words,
        )

    def _name_of(self, guarantee):
        """Kind, insurer, policy and reference, as far as they are known."""
        parts = [self._kind_of(guarantee)]
        if guarantee.kind == "insurance":
            parts.append(guarantee.insurer_id.display_name)
            if guarantee.policy_number:
                parts.append(self.env._("policy %s", guarantee.policy_number))
        if guarantee.reference:
            parts.append(guarantee.reference)
        return ", ".join(parts)

    def _kind_of(self, guarantee):
        """In the language of the reader, hence not the guarantee's own environment."""
        kinds = self.env["recouvrement.guarantee"]._selection_kind()
        return dict(kinds)[guarantee.kind]

    def _money(self, row):
        currency = self.env["res.currency"].browse(row["currency_id"])
        return formatLang(self.env, row["amount"], currency_obj=currency)
