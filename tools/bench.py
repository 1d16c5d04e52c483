"""``bin/bench NAME [arguments]``: run ``benchmarks/NAME.py`` and show its figures.

The last line is one JSON object, for whoever compares runs. What a benchmark looks
like is told in ``benchmarks/_harness.py``.
"""

import importlib
import json
import sys

from .base import REPOSITORY, Missing, exit_with
from .environment import set_up


def main():
    sys.path.insert(0, str(REPOSITORY))
    from benchmarks._harness import Context

    name, *arguments = sys.argv[1:] or [""]
    if name not in names():
        raise Missing(f"which benchmark? One of: {', '.join(names()) or 'none yet'}")
    module = importlib.import_module(f"benchmarks.{name}")
    with Context(set_up(), name, arguments) as context:
        print(f"{name}: {module.__doc__.splitlines()[0]}", flush=True)
        module.run(context)
    print(context.table())
    print(json.dumps(context.summary()))
    return 0 if context.met else 1


def names():
    modules = (REPOSITORY / "benchmarks").glob("[a-z]*.py")
    return sorted(module.stem for module in modules)


if __name__ == "__main__":
    exit_with(main)
