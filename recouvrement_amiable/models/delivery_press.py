# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A night's letters: Python and the PDF engine work at the same time."""

import logging
from itertools import chain
from typing import NamedTuple

from odoo import api, models

from .letter_engine import LetterEngine
from .progress import commit_progress, roll_back
from .relance_upkeep import LETTERS

_logger = logging.getLogger(__name__)

FIRST = 10  # letters of the first run of the engine


class Printing(NamedTuple):
    """Letters that the engine has in its hands, and what they say."""

    letters: models.Model
    said: dict
    engine: LetterEngine

    @classmethod
    def of(cls, letters, said, sheet):
        return cls(letters, said, LetterEngine(sheet))


class LetterPress:
    """Batches of letters, each in two transactions: composed, then kept.

    The engine makes the pages between the two, while the next batch is composed.
    Nothing is stored before a letter is kept; so what a dead sender had in its hands
    is still queued. A letter is held against the ledger twice: before it is composed,
    and when it is kept, because a payment may have come while the engine worked. What
    says something else by then is thrown away.

    Whatever does not go smoothly goes the plain way (``_send_batch``): one transaction
    for all, tried again, and the letter that is to blame found.
    """

    def __init__(self, channel):
        self.channel = channel
        self.printing = None
        self.time_left = True

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        if self.printing:
            self.printing.engine.close()

    def feed(self, batch):
        """Start the engine on a batch, then keep what it made of the one before.

        An empty batch brings in the last one.
        """
        composed = self._try(batch, batch._compose_letters) if batch else None
        done, self.printing = self.printing, None
        if done:
            done.engine.wait()
        if composed:
            self.printing = self._try(composed[0], Printing.of, *composed)
        if done:
            with done.engine:
                moved = self._try(done.letters, self._keep, done)
            if moved:
                self._plain_way(moved)

    def _keep(self, done):
        """:return: the letters that say something else by now"""
        moved = done.letters._keep_printed(done.said, done.engine.result())
        kept = len(done.letters) - len(moved)
        self.time_left &= bool(commit_progress(moved.env, kept))
        return moved

    def _try(self, letters, step, *arguments):
        """What the step returns, or None after the letters went the plain way."""
        try:
            return step(*arguments)
        except Exception as error:
            roll_back(letters.env)
            _logger.info("Letters %s go the plain way: %s", letters.ids, error)
            self._plain_way(letters)
            return None

    def _plain_way(self, letters):
        self.time_left &= letters._send_batch(self.channel)


class RecouvrementDelivery(models.Model):
    """The post's way through the queue."""

    _inherit = "recouvrement.delivery"

    @api.model
    def _send_batches(self, channel, batches):
        """Letters go through the press; all else as it comes."""
        if channel not in LETTERS:
            return super()._send_batches(channel, batches)
        with LetterPress(channel) as press:
            for batch in chain(batches, [self.browse()]):
                press.feed(batch)
                if not press.time_left:
                    return False
        return True

    @api.model
    def _first_size(self, channel, size):
        """A few letters first: the engine has work soon."""
        return min(size, FIRST) if channel in LETTERS else size

    def _compose_letters(self):
        """Hold the batch against the ledger and write its letters.

        :return: ``(letters, what each says, sheet for the engine)``, or None
        """
        ready = self._standing()._set_postal_recipient()
        self.relance_id._refresh_progress()
        composed = ready and (ready, ready._what_letters_say(), ready._letter_sheet())
        commit_progress(self.env, len(self) - len(ready))
        return composed or None

    def _keep_printed(self, said, content):
        """Keep the letters that still say what is true.

        :param dict said: what each said when it was composed
        :param content: what the engine made of all
        :return: the others
        """
        documents = self._documents_in(content)
        standing = self._standing()
        now = standing._what_letters_say()
        true = standing.filtered(lambda letter: now[letter.id] == said[letter.id])
        true._keep_letters(documents)
        true.relance_id._refresh_progress()
        return standing - true

    def _what_letters_say(self):
        """``{id: all that may move while the engine works}``"""
        return {
            letter.id: (
                letter.partner_id.id,
                letter._goes_to_test(),
                letter.relance_id._asked(),
                letter.relance_id.claims,
                letter.relance_id.claims_date,
            )
            for letter in self
        }
