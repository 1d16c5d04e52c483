"""A worker killed anywhere: the next one finishes, nobody is written to twice."""

import signal
import subprocess
from collections import Counter
from contextlib import contextmanager

import pytest

from tools.base import REPOSITORY
from tools.database import call_inside, template, temporary_clone
from tools.environment import set_up
from tools.smtp_sink import Sink

DAY = "2026-03-17"
CUSTOMERS = 6
CHANNELS = ("email", "letter", "call")
# Moments of a run at which a worker dies.
KILLS = 12


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A filled database to clone, and the mail server it writes to."""
    setup = set_up()
    folder = tmp_path_factory.mktemp("sink")
    with (
        Sink(folder) as sink,
        temporary_clone(setup, template(setup), label="crash") as (name, config),
    ):
        arguments = {"day": DAY, "port": sink.port, "customers": CUSTOMERS}
        call_inside(setup, config, name, "tools.tests.crash_data:fill", **arguments)
        yield setup, name, sink


@contextmanager
def fresh(world):
    """A clone of the filled database, and an empty mailbox."""
    setup, origin, sink = world
    for path in sink.folder.glob("*.eml"):
        path.unlink()
    with temporary_clone(setup, origin, label="crash") as (name, config):
        yield setup, name, config, sink


def worker(setup, config, name, kill_at, events):
    return subprocess.Popen(
        [
            *(str(setup.python), "-m", "tools.tests.crash_worker"),
            *(str(config), name, DAY, str(kill_at), str(events)),
        ],
        env=setup.environment(),
        cwd=REPOSITORY,
    )


def received(sink):
    return Counter(message["X-Envelope-To"] for message in sink.messages())


def outcome(setup, name):
    """What the database says."""

    def count(query):
        return int(setup.server.sql(query, name)[0])

    lines = [
        line.split("|")
        for line in setup.server.sql(
            "SELECT d.channel, p.email, d.state FROM recouvrement_delivery d"
            " JOIN res_partner p ON p.id = d.partner_id",
            name,
        )
    ]
    return {
        "runs": count("SELECT count(*) FROM recouvrement_run WHERE state = 'done'"),
        "lines": count("SELECT count(*) FROM recouvrement_run_line"),
        "relances": count(
            "SELECT count(*) FROM recouvrement_relance"
            " WHERE state NOT IN ('cancelled', 'refused')"
        ),
        "deliveries": Counter(channel for channel, _email, _state in lines),
        "states": {email: state for kind, email, state in lines if kind == "email"},
        "others": {state for kind, _email, state in lines if kind != "email"},
        "documents": count(
            "SELECT count(*) FROM ir_attachment"
            " WHERE res_model = 'recouvrement.dossier' AND name LIKE 'R%.pdf'"
        ),
        "letters": count(
            "SELECT count(DISTINCT attachment_id) FROM recouvrement_delivery"
        ),
        "activities": count(
            "SELECT count(*) FROM mail_activity"
            " WHERE recouvrement_delivery_id IS NOT NULL"
        ),
        "calls": count("SELECT count(DISTINCT activity_id) FROM recouvrement_delivery"),
    }


def judge(setup, name, sink, killed=None):
    """Everyone has one relance; one message, or a failure that a person sees.

    One letter and one call each, too: none lost, none made twice.
    """
    told = outcome(setup, name)
    mails = received(sink)
    assert told["runs"] == 1, (killed, told)
    assert told["lines"] == CUSTOMERS, (killed, told)
    assert told["relances"] == CUSTOMERS, (killed, told)
    assert told["deliveries"] == dict.fromkeys(CHANNELS, CUSTOMERS), (killed, told)
    assert told["others"] == {"todo"}, (killed, told)
    for made in ("documents", "letters", "activities", "calls"):
        assert told[made] == CUSTOMERS, (made, killed, told)
    assert max(mails.values()) == 1, f"written to twice, {killed}: {mails}"
    failed = {a for a, state in told["states"].items() if state == "failed"}
    assert all(state in ("sent", "failed") for state in told["states"].values()), told
    sent = {a for a, state in told["states"].items() if state == "sent"}
    assert sent <= set(mails), f"said to be sent but was not, {killed}"
    in_hand = killed is not None and ("message" in killed or "commit" in killed)
    assert len(failed) <= (1 if in_hand else 0), (killed, told)
    assert set(mails) | failed == set(told["states"]), f"missed, {killed}: {told}"


def test_whole_run_then_again(world, tmp_path):
    with fresh(world) as (setup, name, config, sink):
        for _time in range(2):
            assert worker(setup, config, name, 0, tmp_path / "e").wait() == 0
        judge(setup, name, sink)
        assert sum(received(sink).values()) == CUSTOMERS


def test_two_workers_at_once(world, tmp_path):
    with fresh(world) as (setup, name, config, sink):
        workers = [worker(setup, config, name, 0, tmp_path / f"e{i}") for i in (1, 2)]
        assert [one.wait() for one in workers] == [0, 0]
        # Whoever came second may have found everything in hand: one more call.
        assert worker(setup, config, name, 0, tmp_path / "e3").wait() == 0
        judge(setup, name, sink)


def test_worklist_opened_while_the_run_is_prepared(world):
    """Two transactions that open the same dossiers: the run starts again at once."""
    with fresh(world) as (setup, name, config, _sink):
        target = "tools.tests.crash_data:run_disturbed"
        done = call_inside(setup, config, name, target, day=DAY)
        assert done.value == 2, "the preparation was not tried again"
        told = outcome(setup, name)
        assert (told["runs"], told["relances"]) == (1, CUSTOMERS)


def test_killed_at_any_moment(world, tmp_path):
    events = tmp_path / "events"
    with fresh(world) as (setup, name, config, sink):
        assert worker(setup, config, name, 0, events).wait() == 0
    moments = [line.split(" ", 1) for line in events.read_text().splitlines()]
    chosen = _spread(moments)
    assert len(chosen) >= 10
    hit = set()
    for number, label in chosen:
        with fresh(world) as (setup, name, config, sink):
            first = worker(setup, config, name, number, tmp_path / "killed")
            assert first.wait() == -signal.SIGKILL
            assert worker(setup, config, name, 0, tmp_path / "second").wait() == 0
            judge(setup, name, sink, label)
            hit.add(label)
    assert any("plan.insert" in label for label in hit)
    for kind in ("message", "letters", "activities"):
        assert any(kind in label for label in hit), kind
    chunks = [label for _number, label in moments if "before plan.insert" in label]
    assert len(chunks) > 1, "the plan took everybody in one chunk"


def _spread(moments):
    """Moments to die at: each kind once, then others spread over the run."""
    kinds = {}
    for number, label in moments:
        kinds.setdefault(label, []).append(int(number))
    chosen = {numbers[len(numbers) // 2]: label for label, numbers in kinds.items()}
    step = max(1, len(moments) // KILLS)
    for number, label in moments[::step]:
        if len(chosen) < KILLS:
            chosen.setdefault(int(number), label)
    return sorted(chosen.items())
