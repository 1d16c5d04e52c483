"""What the demo shows in the terminal."""

import logging
import re
from collections import defaultdict

from odoo.tools.misc import format_date, formatLang

from odoo.addons.recouvrement_amiable.models.progress import commit_progress

from tools.cache import remove
from tools.smtp_sink import read_messages

from .company import PASSWORD, PEOPLE
from .desk import DAYS_BEFORE, Desk
from .risk import set_risk
from .tables import heading, table
from .words import WORDS

# wkhtmltopdf complains at length about fonts on the Internet that it does not get; a
# letter that cannot be printed is a failed delivery, told in the report
logging.getLogger("odoo.addons.base.models.ir_actions_report").setLevel(logging.ERROR)

EXAMPLES = 2
SHORT_NAME = 32


def run_and_report(env, date, sink_dir):
    """Relance on ``date`` and return the text that tells what happened.

    ``env`` is the superuser's environment after :func:`tools.demo.load.load`;
    ``sink_dir`` is the ``Path`` where each message that was really sent by SMTP is an
    ``.eml`` file; the PDF letters go in a folder beside it. A web server runs on the
    database meanwhile, so that reports print with their style sheets.
    """
    desk = Desk(env, date)
    language = env.ref("base.user_admin").lang
    env = env(context={"recouvrement_day": desk.run_day, "lang": language})
    company = desk.company.with_env(env)
    env["recouvrement.dossier"]._refresh(company)
    morning = env["recouvrement.open.item"]._situations(company)
    run = env["recouvrement.run"]._run_company(company)
    env["recouvrement.delivery"]._cron_send()
    set_risk(env, company, desk.run_day)
    commit_progress(env)
    env.invalidate_all()
    letters = _export_letters(run, sink_dir.parent / "letters")
    report = Report(env, run, date, morning)
    return "\n".join(
        [
            *report.lines(),
            *report.where(letters, len(read_messages(sink_dir)), sink_dir),
        ]
    )


def _export_letters(run, folder):
    """The letters of the run as files; their paths."""
    remove(folder)
    folder.mkdir(parents=True)
    paths = []
    for delivery in run.relance_ids.delivery_ids.filtered("attachment_id"):
        customer = re.sub(r"\W+", "-", delivery.customer_id.name).strip("-")
        path = folder / f"{delivery.relance_id.name}-{customer}.pdf"
        path.write_bytes(delivery.attachment_id.raw)
        paths.append(path)
    return paths


class Report:
    """The run of a day in plain text.

    :param env: with the day and the language in its context
    :param date: the day that was asked for, maybe closed
    :param morning: rows of the one query before the run
    """

    def __init__(self, env, run, date, morning):
        self.env = env
        self.run = run.with_env(env)
        self.date = date
        self.morning = morning
        self.company = self.run.company_id
        self.words = WORDS[env.context["lang"]]
        self.run_lines = self.run.line_ids

    def lines(self):
        return [
            *self._title(),
            *self._outcomes(),
            *self._levels(),
            *self._reached(),
            *self._messages(),
            *self._failures(),
            *self._left_out(),
            *self._classes(),
        ]

    # ------------------------------------------------------------------
    # Pieces
    # ------------------------------------------------------------------
    def _day(self, day):
        return format_date(self.env, day, date_format="EEEE d MMMM y")

    def _money(self, amount):
        return formatLang(self.env, amount, currency_obj=self.company.currency_id)

    def _count(self, records):
        return self._number(len(records))

    def _number(self, number):
        return formatLang(self.env, number, digits=0)

    def _labels(self, model, method):
        return dict(getattr(self.env[model], method)())

    def _said(self, name, text):
        return self.words["said"].format(name=_short(name), text=text)

    def _heads(self, *names):
        return [self.words[name] for name in names]

    # ------------------------------------------------------------------
    # Parts
    # ------------------------------------------------------------------
    def _title(self):
        words = self.words
        title = words["title"].format(
            day=self._day(self.run.date), company=self.company.name
        )
        lines = [title, "═" * len(title)]
        asked = self._day(self.date)
        if self.run.date != self.date:
            lines.append(words["closed"].format(asked=asked))
        invoices = self.env["account.move"].search(
            [("move_type", "=", "out_invoice"), ("state", "=", "posted")]
        )
        unpaid = invoices.filtered("amount_residual")
        lines.append(
            words["known"].format(
                invoices=self._count(invoices),
                customers=self._count(invoices.commercial_partner_id),
                open=self._count(unpaid),
                asked=asked,
            )
        )
        before = self.env["recouvrement.relance"].search_count(
            [("origin", "=", "run"), ("run_id", "!=", self.run.id)]
        )
        lines.append(words["replayed"].format(days=DAYS_BEFORE, relances=before))
        return lines

    def _outcomes(self):
        """Debtors by outcome; everybody is in one line."""
        labels = self._labels("recouvrement.run.line", "_selection_outcome")
        groups = self.run_lines.grouped("situation")
        rows = [
            [label, *self._sums(groups[situation])]
            for situation, label in sorted(
                labels.items(), key=lambda item: item[0] != "due"
            )
            if situation in groups
        ]
        rows.append([self.words["total"], *self._sums(self.run_lines)])
        heads = self._heads("outcome", "count", "late", "not_due", "credits")
        return [*heading(self.words["debtors"]), *table(heads, rows)]

    def _sums(self, lines):
        return [
            str(len(lines)),
            *(
                self._money(sum(lines.mapped(name)))
                for name in ("amount_late", "amount_not_due", "amount_credit")
            ),
        ]

    def _levels(self):
        """What was granted today, level by level, and by how many messages."""
        relances = self.run.relance_ids
        granted = relances.line_ids.filtered(lambda line: line.granted)
        messages = relances.grouped("level_id")
        rows = [
            [
                level.scenario_id.name,
                level.display_name,
                str(len(messages.get(level, ()))),
                str(len(lines)),
                self._money(sum(lines.mapped("residual"))),
            ]
            for level, lines in sorted(
                granted.grouped("level_id").items(), key=self._ladder_order
            )
        ]
        rows = rows and [*rows, self._levels_total(relances, granted)]
        title = heading(self.words["levels"])
        if not rows:
            return [*title, f"  {self.words['nothing']}"]
        heads = self._heads("scenario", "level", "relances", "items", "amount")
        return [*title, f"  {self.words['levels_note']}", *table(heads, rows)]

    @staticmethod
    def _ladder_order(pair):
        level = pair[0]
        return -level.scenario_id.sequence, level.delay

    def _levels_total(self, relances, granted):
        amount = self._money(sum(granted.mapped("residual")))
        return [self.words["total"], "", str(len(relances)), str(len(granted)), amount]

    def _reached(self):
        """Where all late items stand after the run."""
        groups = defaultdict(list)
        for row in self.env["recouvrement.open.item"]._situations(self.company):
            if row["is_late"] and row["amount_residual"] > 0:
                groups[row["reached_level_id"] or 0].append(row["amount_residual"])
        levels = self.env["recouvrement.level"].browse(filter(None, groups))
        ordered = sorted(levels, key=lambda level: self._ladder_order([level]))
        rows = [
            [
                level.scenario_id.name if level else "",
                level.display_name if level else self.words["no_level"],
                str(len(groups[level.id or 0])),
                self._money(sum(groups[level.id or 0])),
            ]
            for level in [*([levels.browse()] if 0 in groups else []), *ordered]
        ]
        title = heading(self.words["reached"])
        if not rows:
            return [*title, f"  {self.words['nothing']}"]
        late = [amount for amounts in groups.values() for amount in amounts]
        rows.append([self.words["total"], "", str(len(late)), self._money(sum(late))])
        heads = self._heads("scenario", "level", "items", "amount")
        return [*title, *table(heads, rows)]

    def _messages(self):
        deliveries = self.run.relance_ids.delivery_ids
        channels = self._labels("recouvrement.delivery", "_selection_channel")
        field = self.env["recouvrement.delivery"]._fields["state"]
        states = dict(field._description_selection(self.env))
        counts = defaultdict(int)
        for delivery in deliveries:
            counts[delivery.channel, delivery.state] += 1
        rows = [
            [channels[channel], states[state], str(count)]
            for channel in channels
            for (one, state), count in sorted(counts.items())
            if one == channel
        ]
        heads = self._heads("channel", "state", "count")
        return [
            *heading(self.words["messages"]),
            *(table(heads, rows) or [f"  {self.words['nothing']}"]),
        ]

    def _failures(self):
        failed = self.run.relance_ids.delivery_ids.filtered(
            lambda delivery: delivery.state == "failed"
        )
        lines = [
            f"  {self._said(delivery.customer_id.name, delivery.failure_reason)}"
            for delivery in failed
        ]
        return [*heading(self.words["failures"]), *lines] if lines else []

    def _classes(self):
        """Customers by risk class, with what they owe."""
        groups = self.env["recouvrement.dossier"]._read_group(
            [("company_id", "=", self.company.id)],
            ["risk_class"],
            ["__count", "id:recordset"],
        )
        labels = self._labels("recouvrement.score", "_selection_class")
        rows = [
            [labels.get(risk_class, ""), self._number(count), self._owed(dossiers)]
            for risk_class, count, dossiers in groups
        ]
        heads = self._heads("class", "debtors", "exposure")
        return [*heading(self.words["classes"]), *table(heads, rows)]

    def _owed(self, dossiers):
        return self._money(sum(dossiers.mapped("exposure")))

    def _left_out(self):
        """Unpaid items that no relance of the day is about, with examples."""
        groups = defaultdict(list)
        for row in self._rows_left_out():
            groups[row["situation"], row["reason"]].append(row)
        ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
        heads = self._heads("reason", "debtors", "items", "amount")
        lines = table(heads, [self._reason_row(*group) for group in ordered])
        text = [*heading(self.words["left_out"]), *lines[:1]]
        for line, (_key, rows) in zip(lines[1:], ordered, strict=True):
            text += [line, *self._examples(rows)]
        return text if ordered else [*text, f"  {self.words['nothing']}"]

    def _rows_left_out(self):
        """An item that is listed with another one in a message is not left out."""
        listed = set(self.run.relance_ids.line_ids.move_line_id.ids)
        rows = [
            row
            for row in self.morning
            if row["amount_residual"] > 0
            and row["situation"] != "not_due"
            and row["id"] not in listed
        ]
        # the same examples in every demo: what weighs most
        return sorted(rows, key=lambda row: (-row["amount_residual"], row["id"]))

    def _reason_row(self, key, rows):
        situation, reason = key
        label = self._labels("recouvrement.run.line", "_selection_outcome")[situation]
        if reason:
            reasons = self._labels("recouvrement.open.item", "_selection_reason")
            label = f"{label} · {reasons[reason]}"
        return [
            label,
            str(len({row["partner_id"] for row in rows})),
            str(len(rows)),
            self._money(sum(row["amount_residual"] for row in rows)),
        ]

    def _examples(self, rows):
        """One sentence about each of the first debtors."""
        first = {}
        for row in rows:
            first.setdefault(row["partner_id"], row)
        describe = self.env["recouvrement.open.item"]._describe
        for partner_id, row in list(first.items())[:EXAMPLES]:
            name = self.env["res.partner"].browse(partner_id).name
            yield f"      {self._said(name, describe(row, self.company))}"

    def where(self, letters, mail_count, sink_dir):
        """Where the messages of the run lie, and who else can log in."""
        words = self.words
        places = [(words["mails"], mail_count, sink_dir)]
        if letters:
            places.insert(0, (words["letters"], len(letters), letters[0].parent))
        names = ", ".join(PEOPLE)
        rows = [
            [
                label,
                words["file" if count == 1 else "files"].format(
                    count=count, folder=folder
                ),
            ]
            for label, count, folder in places
        ]
        rows.append(
            [words["users"], words["users_line"].format(names=names, password=PASSWORD)]
        )
        width = max(len(label) for label, _text in rows)
        return [
            *heading(words["where"]),
            *(f"  {label.ljust(width)}  {text}" for label, text in rows),
        ]


def _short(name):
    return name if len(name) <= SHORT_NAME else f"{name[: SHORT_NAME - 1]}…"
