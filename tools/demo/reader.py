"""The add-on's reader of histories, without Odoo: a bad file is told at once."""

from ..analytics import analytics
from ..base import Missing


def check_history(path, dates, language):
    """Refuse a file that cannot be loaded, with all its problems in a list.

    :param str language: of the message, as ``fr_FR``
    :raise Missing: the file is wrong, or cannot be read
    """
    history = analytics("history")
    try:
        history.read_history(path, dates)
    except history.HistoryError as error:
        raise Missing(f"{path}\n{error.describe(language[:2])}") from None
