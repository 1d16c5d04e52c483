# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from .relance_text import WORDS


class RecouvrementLevel(models.Model):
    """The words that the texts of a level may contain, for who writes them."""

    _inherit = "recouvrement.level"

    words_html = fields.Html(
        string="Words You Can Use", compute="_compute_words_html", sanitize=False
    )

    @api.depends_context("lang")
    def _compute_words_html(self):
        words = [(word, self.env._(meaning)) for word, meaning in WORDS.items()]
        half = (len(words) + 1) // 2
        self.words_html = self.env["ir.qweb"]._render(
            "recouvrement_amiable.level_words",
            {"columns": [words[:half], words[half:]]},
        )
