"""What every tool needs: where the repository is, how to run, how to give up."""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


class Missing(Exception):
    """Something cannot be had; the message is the one line shown to the user."""


def say(message):
    """Tell about a slow step; on stderr, so that outputs stay parseable."""
    print(f"· {message}", file=sys.stderr, flush=True)


def exit_with(main, *args):
    """Run ``main`` and turn its result, or one clear line, into an exit code."""
    # a polite kill unwinds too, so that databases and child processes are cleaned up
    signal.signal(signal.SIGTERM, _terminated)
    # a shell script's background job would ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        sys.exit(main(*args))
    except Missing as missing:
        print(f"error: {missing}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        sys.exit(130)


def _terminated(*_):
    print("error: terminated", file=sys.stderr)
    sys.exit(143)


def is_root():
    return os.geteuid() == 0


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


def run(command, purpose, **options):
    """Run a command quietly; on failure keep its output and raise one line.

    ``purpose`` completes the sentence "… failed". The whole output is kept in a
    file, since one line is rarely enough to find the cause.
    """
    command = [str(part) for part in command]
    options.setdefault("stdin", subprocess.DEVNULL)
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            **options,
        )
    except OSError as error:
        raise Missing(f"{purpose} failed: {command[0]}: {error.strerror}") from error
    if done.returncode:
        log = keep_output(shlex.join(command), done.stdout)
        raise Missing(
            f"{purpose} failed: {last_line(done.stdout)} (whole output: {log})"
        )
    return done.stdout


def keep_output(title, text):
    """Store the output of a failed command under the cache and return its path."""
    from .cache import cache_dir

    folder = cache_dir() / "log"
    folder.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=folder, prefix="failed-", suffix=".log", delete=False
    ) as log:
        log.write(f"$ {title}\n{text}")
    return log.name
