# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re
from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError

from .recouvrement_relance import OPEN_STATES
from .relance_text import fill_html

# Days given to pay in the texts; a practice, no law sets it.
PAY_WITHIN_DAYS = 8
FORMAL_NOTICE_DAYS = 15
WRITTEN_CHANNELS = ("email", "letter", "registered")
# Accent of the messages of a company that chose no colour.
DEFAULT_COLOR = "#28536b"
BLACK, WHITE = "#1f2328", "#ffffff"


class RecouvrementRelance(models.Model):
    """What the debtor reads: texts, list of items, how to pay, whom to call."""

    _inherit = "recouvrement.relance"

    # Who may read the relance may read its message, invoices or not.
    preview = fields.Html(compute="_compute_preview", compute_sudo=True, sanitize=False)
    preview_subject = fields.Char(compute="_compute_preview", compute_sudo=True)

    def _compute_preview(self):
        """The message as the debtor reads it, or what the collector has to say."""
        for relance in self:
            try:
                content = relance._preview_content()
            except UserError as error:  # a rate that is missing: the form still opens
                content = relance._preview_refused(error)
            relance.preview = content["body"]
            relance.preview_subject = content["subject"]

    def _preview_refused(self, error):
        """In the place of a message that cannot be written: why, and nothing else."""
        return {
            "subject": self.level_id.name,
            "body": Markup('<div class="alert alert-danger mb-0">{}</div>').format(
                error.args[0]
            ),
        }

    def _preview_content(self):
        """What left already, else what would leave now."""
        self.ensure_one()
        contact = self._first_contact()
        localized = self._localized(contact)
        if not self._writes():
            return {
                "subject": localized.level_id.name,
                "body": self._call_note(contact),
            }
        message = self.delivery_ids.sudo().message_id[:1]
        if message and self.state not in OPEN_STATES:
            return {"subject": message.subject, "body": message.body}
        return localized._content(contact)

    def _channels(self):
        """Those that it goes out by, which a person may have changed; else the level's.

        :rtype: set[str]
        """
        deliveries = self.delivery_ids.filtered(lambda d: d.state != "cancelled")
        return set((deliveries or self.delivery_ids).mapped("channel")) or set(
            self.level_id._channels()
        )

    def _writes(self):
        return bool(self._channels() & set(WRITTEN_CHANNELS))

    # ------------------------------------------------------------------
    # Who writes, to whom, in which language, on which day
    # ------------------------------------------------------------------
    def _first_contact(self):
        self.ensure_one()
        return self.delivery_ids.partner_id[:1] or self.partner_id

    def _lang(self, contact=None):
        """The debtor's language, if it is installed; else the company's."""
        self.ensure_one()
        own = (contact or self.partner_id).lang
        if own in self._installed_langs():
            return own
        return self._installed_lang(
            self.partner_id.lang, self.company_id.sudo().partner_id.lang
        )

    def _installed_langs(self):
        return dict(self.env["res.lang"].get_installed())

    def _installed_lang(self, *langs):
        """The first of these languages that is installed."""
        installed = self._installed_langs()
        return next(
            (lang for lang in langs if lang in installed), self.env.lang or "en_US"
        )

    def _localized(self, contact=None):
        return self.with_context(lang=self._lang(contact))

    def _sender(self):
        """``{"partner", "email_from"}``: the collector in the company's name."""
        self.ensure_one()
        company = self.company_id.sudo()
        collector = self.dossier_id._collector().sudo()
        partner = collector.partner_id or company.partner_id
        return {
            "partner": partner,
            "email_from": partner.email_formatted or company.email_formatted,
        }

    def _writing_day(self):
        """The day of the message: that of the interest it claims, else of now.

        Days may pass between the run and the approval.
        """
        self.ensure_one()
        return self.claims_date or self._current_day()

    def _current_day(self):
        self.ensure_one()
        if self.state not in OPEN_STATES:
            return self.date
        return max(self.date, self.company_id._recouvrement_today())

    def _pay_before(self, day=None):
        """
        :param day: the day of the message, when it is known
        """
        days = FORMAL_NOTICE_DAYS if self.level_id.formal_notice else PAY_WITHIN_DAYS
        return (day or self._writing_day()) + timedelta(days=days)

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------
    def _values(self, contact, facts=None):
        """Values of the words of ``relance_text.PLACEHOLDERS``."""
        self.ensure_one()
        facts = facts or self._facts()
        company, collector = self.company_id.sudo(), facts.card
        moves = self._moves_of(facts.asked)
        bank = self._bank_account(moves)
        day = facts.day
        dues = [self._lateness(line, day)[0] for line in facts.asked]
        oldest = min(filter(None, dues), default=False)
        return self._amounts_asked(facts) | {
            "customer": self.partner_id.name,
            "contact": contact.name or self.partner_id.name,
            "company": company.name,
            "invoice_count": len(moves),
            "invoices": ", ".join(
                dict.fromkeys(line.reference for line in facts.asked)
            ),
            "oldest_due_date": self._long_date(oldest),
            "days_late": max((day - oldest).days, 0) if oldest else 0,
            "today": self._long_date(day),
            "pay_before": self._long_date(self._pay_before(day)),
            "payment_reference": self._payment_reference(moves),
            "payee": bank.acc_holder_name or company.name,
            "iban": self._iban(bank),
            "bic": bank.bank_bic or "",
            "portal_link": self._portal_link(contact, facts),
            "portal_label": self._portal_label(contact, moves),
            "collector": collector["name"],
            "collector_phone": collector["phone"] or "",
            "collector_email": collector["email"] or "",
        }

    def _moves_of(self, lines):
        """Entries of lines that were read, with the prefetch of the whole batch."""
        moves = [line.move_id for line in lines]
        if not moves:
            return self.env["account.move"]
        return moves[0].union(*moves).with_prefetch(moves[0]._prefetch_ids)

    def _amounts_asked(self, facts):
        """Those of the values that are amounts."""
        return {
            "amount_due": self._money_list(
                (own, due) for own, _, _, due in facts.totals
            ),
            "amount_late": self._money_list(
                (own, late) for own, late, _, _ in facts.totals
            ),
        }

    def _collector_card(self):
        """Whom to call: the collector, with the company's number as a last resort."""
        self.ensure_one()
        company = self.company_id.sudo()
        partner = self.dossier_id._collector().sudo().partner_id
        return {
            "name": partner.name or company.name,
            "role": partner.function or "",
            "phone": partner.phone or company.phone or "",
            "email": partner.email or company.email or "",
        }

    def _bank_account(self, moves=None):
        """Where to pay: the account named on the invoices, else the company's."""
        self.ensure_one()
        if moves is None:
            moves = self._asked_lines().move_line_id.move_id
        named = moves.sudo().partner_bank_id.filtered("active")
        return (named or self.company_id.sudo().partner_id.bank_ids)[:1]

    def _iban(self, bank):
        """The account number; an IBAN in groups of four, as on paper."""
        number = bank.acc_number or ""
        if bank.acc_type != "iban":
            return number
        return " ".join(re.findall(".{1,4}", re.sub(r"\W", "", number)))

    def _payment_reference(self, moves=None):
        """The invoice's own reference when there is one invoice, else ours."""
        if moves is None:
            moves = self._asked_lines().move_line_id.move_id
        if len(moves) == 1:
            return moves.payment_reference or moves.name
        return self.name

    # ------------------------------------------------------------------
    # Look
    # ------------------------------------------------------------------
    def _look(self):
        """Name, colours and logo of the company, for the layouts."""
        self.ensure_one()
        company = self.company_id.sudo()
        color = company.primary_color or ""
        if not re.fullmatch("#[0-9a-fA-F]{6}", color):
            color = DEFAULT_COLOR
        logo = ""
        if not company.uses_default_logo:
            logo = f"{company.get_base_url()}/logo.png?company={company.id}"
        on_color = _readable_on(color)
        return {
            "color": color,
            "on_color": on_color,
            "on_white": color if on_color == WHITE else BLACK,
            "logo": logo,
        }

    def _imprint(self):
        """Who the company is: what French business letters bear at their foot."""
        self.ensure_one()
        company = self.company_id.sudo()
        place = f"{company.zip or ''} {company.city or ''}".strip()
        address = _join(", ", company.street, company.street2, place)
        registry = company.company_registry
        return {
            "place": place,
            "identity": _join(" · ", company.name, address),
            "reach": _join(" · ", company.phone, company.email, company.website),
            "numbers": _join(
                " · ",
                registry and self.env._("SIRET %s", _group(registry)),
                company.vat and self.env._("VAT %s", company.vat),
            ),
        }

    def _is_copy(self):
        """Whether the same words also go by registered post, which is what counts."""
        return any(
            delivery.channel == "registered" and delivery.state != "cancelled"
            for delivery in self.delivery_ids
        )

    def _call_note(self, contact):
        """What the collector has before the eyes: script, contact, history.

        In the collector's language; what is said to the debtor, in the debtor's.
        """
        self.ensure_one()
        contact = contact or self.partner_id
        localized = self._localized(contact)
        script = fill_html(
            localized.level_id.call_script or "", localized._values(contact)
        )
        company = self.company_id.sudo()
        reader = self.dossier_id._collector().sudo()
        relance = self.with_context(
            lang=self._installed_lang(reader.lang, company.partner_id.lang)
        )
        return relance.env["ir.qweb"]._render(
            "recouvrement_amiable.relance_call_note",
            {
                "relance": relance,
                "contact": contact,
                "script": script,
                "history": relance._past_deliveries(),
            },
            minimal_qcontext=True,
        )

    def _history_text(self, delivery):
        """“12 Nov 2026, Call, Reached: promises to pay: cheque leaves on Friday”."""
        states = dict(delivery._fields["state"]._description_selection(self.env))
        results = dict(delivery._selection_result())
        outcome = results.get(delivery.result) or states.get(delivery.state)
        return _join(
            ", ",
            self._short_date(delivery.relance_id.date),
            dict(delivery._selection_channel()).get(delivery.channel),
            delivery.relance_id.level_id.name,
            _join(": ", outcome, delivery.result_note),
        )

    def _past_deliveries(self, limit=5):
        return self.env["recouvrement.delivery"].search(
            [
                ("dossier_id", "=", self.dossier_id.id),
                ("relance_id", "!=", self.id),
                "|",
                ("state", "in", ("sent", "delivered", "returned", "failed")),
                # tried, then stopped: what was said counts all the same
                ("result", "!=", False),
            ],
            order="id desc",
            limit=limit,
        )


def _join(separator, *texts):
    """Those of the texts that say something, in one."""
    return separator.join(filter(None, texts))


def _readable_on(color):
    """Black or white, whichever is read better on a colour.

    >>> _readable_on("#28536b"), _readable_on("#ffd400")
    ('#ffffff', '#1f2328')
    """
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    light = 0.299 * red + 0.587 * green + 0.114 * blue
    return BLACK if light > 160 else WHITE


def _group(number):
    """A SIRET as it is printed; any other number as it is.

    >>> _group("73282932000074"), _group("B 123")
    ('732 829 320 00074', 'B 123')
    """
    digits = re.sub(r"\s", "", number)
    if not re.fullmatch(r"\d{14}", digits):
        return number
    return f"{digits[:3]} {digits[3:6]} {digits[6:9]} {digits[9:]}"
