# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class RecouvrementSettings(models.TransientModel):
    """The company's settings, for a credit manager without the general settings."""

    _name = "recouvrement.settings"
    _inherit = ["recouvrement.manager.wizard", "recouvrement.setting.fields"]
    _description = "Settings"

    @api.model
    def _title(self):
        return self.env._("Settings")

    @api.model_create_multi
    def create(self, vals_list):
        """What is typed goes to the company in one write, if it changed."""
        names = self._setting_names()
        wizards = super().create(
            [{k: v for k, v in vals.items() if k not in names} for vals in vals_list]
        )
        for wizard, vals in zip(wizards, vals_list, strict=True):
            wizard._save_settings(vals)
        return wizards

    def write(self, vals):
        names = self._setting_names()
        result = super().write({k: v for k, v in vals.items() if k not in names})
        for wizard in self:
            wizard._save_settings(vals)
        return result

    @api.model
    def _setting_names(self):
        """Fields of the company that are changed here."""
        return {
            name
            for name, field in self._fields.items()
            if field.related
            and field.related.startswith("company_id.")
            and not field.readonly
        }

    def _save_settings(self, vals):
        """Write what changed on the company; the person was checked before."""
        self.ensure_one()
        company = self.company_id.sudo()
        changed = {}
        for name in self._setting_names() & set(vals):
            field = company._fields[name]
            new = field.convert_to_cache(vals[name], company)
            if new == field.convert_to_cache(company[name], company):
                continue
            if field.type == "many2one" and new:
                # only what this person may see is put on the company
                self.env[field.comodel_name].browse(new).check_access("read")
            changed[name] = vals[name]
        if changed:
            company.write(changed)
            self.invalidate_recordset()

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """The blocks of Odoo's settings page are written once, and shown here too."""
        arch, view = super()._get_view(view_id, view_type, **options)
        for place in arch.xpath("//div[@name='recouvrement_blocks']"):
            for block in self._setting_blocks():
                title = place.makeelement("h2", {})
                title.text = block.attrib.pop("title")
                box = place.makeelement(
                    "div", {"class": "row mt16 o_settings_container"}
                )
                box.extend(list(block))
                place.extend([title, box])
        return arch, view

    @api.model
    def _setting_blocks(self):
        page = self.env.ref("account.res_config_settings_view_form").sudo()
        return page._get_combined_arch().xpath(
            "//block[starts-with(@name, 'recouvrement_')]"
        )
