# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from .delivery_contact import CONTACT_COLUMNS
from .recouvrement_level import CHANNELS
from .relance_rehearsal import RehearsalPlan


class RecouvrementRunLine(models.Model):
    """To whom the relance of a line goes, by what, and in which words."""

    _inherit = "recouvrement.run.line"

    # Of dry runs only: the indexes, without the empty ones, cost the night nothing.
    email_partner_id = fields.Many2one(
        "res.partner", readonly=True, index="btree_not_null", ondelete="set null"
    )
    phone_partner_id = fields.Many2one(
        "res.partner", readonly=True, index="btree_not_null", ondelete="set null"
    )
    post_partner_id = fields.Many2one(
        "res.partner", readonly=True, index="btree_not_null", ondelete="set null"
    )
    channel_text = fields.Char(
        string="Channels", compute="_compute_recipient", compute_sudo=True
    )
    recipient = fields.Char(
        string="To", compute="_compute_recipient", compute_sudo=True
    )

    @api.depends(
        "situation",
        "level_id",
        "relance_id.delivery_ids.channel",
        "relance_id.delivery_ids.partner_id",
        *set(CONTACT_COLUMNS.values()),
    )
    @api.depends_context("lang")
    def _compute_recipient(self):
        """Channels and addresses, for those who get a relance."""
        labels = dict(self.env["recouvrement.delivery"]._selection_channel())
        for line in self:
            level = line.level_id
            if line.situation != "due" or not level:
                line.channel_text = line.recipient = False
                continue
            channels = line._channels()
            line.channel_text = ", ".join(labels[name] for name in channels)
            places = [(labels[name], line._address(name)) for name in channels]
            if len(places) == 1:
                line.recipient = places[0][1]
            else:
                line.recipient = " · ".join(
                    self.env._("%(channel)s: %(address)s", channel=label, address=place)
                    for label, place in places
                )

    def _channels(self):
        """Those of the relance; of the level, where none is left."""
        self.ensure_one()
        if self.relance_id:
            used = set(self.relance_id.delivery_ids.mapped("channel"))
        else:
            level = self.level_id
            used = {name for name in CHANNELS if level[f"channel_{name}"]}
        return [name for name in CHANNELS if name in used]

    def _contact(self, channel):
        self.ensure_one()
        if not self.relance_id:
            return (
                self[CONTACT_COLUMNS[channel]] if channel in CONTACT_COLUMNS else None
            )
        deliveries = self.relance_id.delivery_ids
        return deliveries.filtered(lambda d: d.channel == channel)[:1].partner_id

    def _address(self, channel):
        """Where a channel leads for this customer, or that it leads nowhere."""
        self.ensure_one()
        contact = self._contact(channel)
        if channel == "email" and contact and self.run_id.is_test:
            address = self.company_id.recouvrement_test_email
        elif channel == "email":
            address = contact.email
        elif channel == "call":
            address = contact.phone
        elif channel in ("visit", "task"):
            return self.dossier_id._responsible(channel).name or ""
        else:
            place = f"{contact.zip or ''} {contact.city or ''}".strip()
            address = ", ".join(filter(None, [contact.street, place]))
        if not contact or not address:
            return self.env._("nobody can be reached")
        named = contact.name and contact != self.partner_id
        return f"{contact.name}, {address}" if named else address

    def action_preview(self):
        """The message of this customer as it would be sent on the day of the run."""
        self.ensure_one()
        self.check_access("read")
        content = self.sudo()._rehearse()
        preview = self.env["recouvrement.run.preview"].create(
            {"line_id": self.id, "subject": content["subject"], "body": content["body"]}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What Would Be Sent"),
            "res_model": preview._name,
            "res_id": preview.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def _rehearse(self):
        """``{"subject", "body"}`` of the relance that the run of that day would make.

        The relance is made, read and taken back: nothing of it is left.
        """
        run = self.run_id.with_context(
            recouvrement_day=fields.Date.to_string(self.run_id.date)
        )
        plan = RehearsalPlan(
            run.env, self.company_id, run.date, is_test=self.run_id.is_test
        )
        with (
            self.run_id._as_live(self.dossier_id.ids),
            plan.made_for(self.dossier_id.ids) as ids,
        ):
            relance = run.env["recouvrement.relance"].browse(ids)
            if not relance:
                raise UserError(
                    self.env._(
                        "Nothing would be sent to %s any more: the situation changed"
                        " since the dry run. Make it again.",
                        self.partner_id.display_name,
                    )
                )
            relance.name = self.env._("(number of the relance)")
            content = relance._preview_content()
            return {"subject": content["subject"], "body": str(content["body"])}
