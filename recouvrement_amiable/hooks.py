# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def uninstall_hook(env):
    """Accounting goes on without us: no trigger of ours stays on its tables."""
    env["recouvrement.worklist"]._drop_ready()
