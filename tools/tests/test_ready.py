"""Ready rows of the worklist while several transactions are at work."""

from tools.database import call_inside, template, temporary_clone
from tools.environment import set_up

DAY = "2026-03-17"
TRUE = [True, True]  # ready rows are of use, and the page says what is


def test_pages_are_true_whoever_works_at_once():
    setup = set_up()
    with temporary_clone(setup, template(setup), label="ready") as (name, config):
        call_inside(
            *(setup, config, name, "tools.tests.crash_data:fill"),
            **{"day": DAY, "port": 9, "customers": 3},
        )
        told = call_inside(
            *(setup, config, name, "tools.tests.ready_data:several_at_once"), day=DAY
        ).value
    elsewhere = told.pop("changed_elsewhere")
    assert elsewhere == {"pages": [TRUE] * 3, "same look": True, "seen": True}
    assert told.pop("rolled_back") == {"verdict": [*TRUE, 0]}
    meanwhile = told.pop("changed_meanwhile")["verdict"]
    assert meanwhile[:2] == TRUE and meanwhile[2] > 0
    assert told.pop("older_worker") == {"failed": True, "verdict": [*TRUE, 0]}
    assert told.pop("two_workers") == {"left": True, "verdict": [*TRUE, 0]}
    assert told.pop("killed_worker") == {"verdict": TRUE}
    assert not told
