"""The screens of the demo show the day of its run, not today's."""

from pathlib import Path

ADDONS = Path(__file__).parent / "addons"
MODULE = "recouvrement_demo_day"


def keep_day(env, day):
    """Install the add-on that makes the company live on that day for ever.

    Without it, a history of years ago would be seen as it is today: all of it years
    late, its bank data too old for anything to be sent.
    """
    env["ir.config_parameter"].set_param(f"{MODULE}.day", day.isoformat())
    modules = env["ir.module.module"]
    modules.update_list()
    modules.search([("name", "=", MODULE)]).button_immediate_install()
