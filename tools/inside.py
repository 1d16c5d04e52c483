"""Run one Python function inside an Odoo environment, in a process of its own.

``python -m tools.inside CONFIG DATABASE module:function CALL`` where CALL is a JSON
file ``{"arguments": {…}, "output": PATH}``. The function gets ``env`` (superuser, no
context) and the keyword arguments; the transaction is committed when it returns. What
it returns (JSON values) and what it cost are written to ``output``.

Called by :func:`tools.database.call_inside`; not meant to be typed.
"""

import importlib
import json
import resource
import sys
import threading
import time
from pathlib import Path


def main():
    config, database, target, call = sys.argv[1:]
    call = json.loads(Path(call).read_text())
    result = execute(config, database, target, call["arguments"])
    Path(call["output"]).write_text(json.dumps(result))


def execute(config, database, target, arguments):
    from odoo import api, sql_db
    from odoo.modules.registry import Registry
    from odoo.tools import config as odoo_config

    options = ["-c", config, "-d", database, "--log-level=warn"]
    odoo_config.parse_config(options, setup_logging=True)
    threading.current_thread().dbname = database
    function = load_function(target)
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, api.SUPERUSER_ID, {})
        before = _peak_memory()
        queries = sql_db.sql_counter
        start = time.perf_counter()
        value = function(env, **arguments)
        env.flush_all()
        seconds = time.perf_counter() - start
        queries = sql_db.sql_counter - queries
    return {
        "value": value,
        "seconds": seconds,
        "queries": queries,
        "peak_mb": _peak_memory(),
        "grown_mb": _peak_memory() - before,
    }


def load_function(target):
    """``package.module:function`` to the function."""
    module, _sep, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def _peak_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
