# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command, api, models


class RecouvrementWizard(models.AbstractModel):
    """A window that points only at what the person who opens it may see.

    Related fields are read as superuser, and whoever calls from outside chooses what
    the window points at: so each link is checked, wherever it comes from.
    """

    _name = "recouvrement.wizard"
    _description = "Window of the relances"

    # Right that a link asks for; the others are for reading.
    _link_rights = {}

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        self._check_links(values)
        return values

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_links(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_links(vals)
        return super().write(vals)

    def onchange(self, values, field_names, fields_spec):
        """A window that is not saved yet shows as much."""
        self._check_links(values)
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _check_links(self, values):
        """Refuse values that point at what the person may not see."""
        for name, value in values.items():
            field = self._fields.get(name)
            if field is None or not field.relational or field.related:
                continue
            target = self.env[field.comodel_name]
            ids, lines = _pointed_at(field, value)
            target.browse(ids).check_access(self._link_rights.get(name, "read"))
            if hasattr(target, "_check_links"):
                for line in lines:
                    target._check_links(line)


def _pointed_at(field, value):
    """``(ids, values of lines)`` in a value of a relational field, however written."""
    if isinstance(value, models.BaseModel):
        return value._origin.ids, []
    if not value:
        return [], []
    if field.type == "many2one":
        if isinstance(value, dict):
            return [value["id"]] if value.get("id") else [], [value]
        return [value[0] if isinstance(value, list | tuple) else value], []
    ids, lines = [], []
    for command in value:
        if not isinstance(command, list | tuple):
            ids.append(command)
        elif command[0] == Command.SET:
            ids += command[2]
        elif command[0] == Command.CREATE:
            lines.append(command[2])
        elif command[0] == Command.UPDATE:
            ids.append(command[1])
            lines.append(command[2])
        elif command[0] == Command.LINK:
            ids.append(command[1])
    return [item for item in ids if isinstance(item, int)], lines
