# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
from functools import cache

from markupsafe import Markup

from odoo import models
from odoo.tools.misc import file_open

LETTER_TEMPLATE = "recouvrement_amiable.relance_letter"
LETTER_LAYOUT = "recouvrement_amiable.relance_letter_layout"
# Odoo's own document font; within the page, so that letters look and break alike
# whatever fonts the server has.
FONTS = {
    "normal": "web/static/fonts/lato/Lato-Reg-webfont.woff",
    "bold": "web/static/fonts/lato/Lato-Bol-webfont.woff",
}
# Attribute of a report's root element: milliseconds left to its scripts.
DELAY_ATTRIBUTE = "data-report-print-delay"


class IrActionsReport(models.Model):
    """Letters bring their own page and wait for nothing."""

    _inherit = "ir.actions.report"

    def _get_layout(self):
        if self.report_name == LETTER_TEMPLATE:
            layout = self.env.ref(LETTER_LAYOUT, raise_if_not_found=False)
            if layout:
                return layout
        return super()._get_layout()

    def _letter_fonts(self):
        """Style sheet of the font of the letters."""
        return _font_faces()

    def _build_wkhtmltopdf_args(
        self,
        paperformat_id,
        landscape,
        specific_paperformat_args=None,
        set_viewport_size=False,
    ):
        """A report may say itself how long its scripts need.

        The system parameter ``report.print_delay`` (one second) is for all reports;
        our letters have no script to wait for.
        """
        args = super()._build_wkhtmltopdf_args(
            paperformat_id,
            landscape,
            specific_paperformat_args=specific_paperformat_args,
            set_viewport_size=set_viewport_size,
        )
        delay = (specific_paperformat_args or {}).get(DELAY_ATTRIBUTE)
        if delay and "--javascript-delay" in args:
            args[args.index("--javascript-delay") + 1] = delay
        return args


@cache
def _font_faces():
    faces = []
    for weight, path in FONTS.items():
        try:
            with file_open(path, "rb") as font:
                data = base64.b64encode(font.read()).decode()
        except FileNotFoundError:  # the style sheet names what else will do
            continue
        faces.append(
            f"@font-face {{ font-family: Letter; font-weight: {weight};"
            f" src: url(data:font/woff;base64,{data}) format('woff'); }}"
        )
    return Markup("\n".join(faces))
