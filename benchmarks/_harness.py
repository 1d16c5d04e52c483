"""What a benchmark works with.

A benchmark ``benchmarks/NAME.py`` has a docstring, whose first line is its title, and
a function ``run(context)``::

    '''Plan the relances of 100,000 late items.'''

    def fill(env, items):           # runs inside Odoo, in a process of its own
        ...

    def plan(env):
        return env["recouvrement.run"]...  # what is returned must fit in JSON

    def run(context):
        database = context.database(["account", "recouvrement_amiable"])
        database.call(fill, items=100_000)
        measure = database.call(plan)
        context.figure("seconds", measure.seconds, "s", target=3)
        context.figure("queries", measure.queries, target=200)

``measure`` has ``value`` (what the function returned), ``seconds`` and ``queries`` of
the function alone, ``peak_mb`` (highest resident memory of the process) and
``grown_mb`` (how much of it came during the function). The transaction is committed
when the function returns. Databases are dropped when the benchmark ends.
"""

import contextlib
import os
from dataclasses import dataclass

from tools.config import free_port, write_config
from tools.database import call_inside, template, temporary_clone
from tools.peers import addon_from_pypi
from tools.services import running_server


@dataclass(frozen=True)
class Figure:
    """A measured value and what it should be, if anything."""

    name: str
    value: float
    unit: str
    target: float | None
    at_most: bool

    @property
    def met(self):
        if self.target is None:
            return True
        if self.at_most:
            return self.value <= self.target
        return self.value >= self.target

    def row(self):
        sign = "≤" if self.at_most else "≥"
        target = "" if self.target is None else f"{sign} {_written(self.target)}"
        verdict = "" if self.target is None else ("met" if self.met else "MISSED")
        value = f"{_written(self.value)} {self.unit}".strip()
        return self.name, value, target, verdict


class Context:
    """Given to a benchmark's ``run``; ``arguments`` is what followed its name."""

    def __init__(self, setup, name, arguments=()):
        self.setup = setup
        self.name = name
        self.arguments = list(arguments)
        self.figures = []
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._stack.close()

    def database(self, modules, more_addons=()):
        """A fresh database with these modules, no demo data, French loaded.

        ``more_addons`` are addons folders, as :meth:`peer` returns them. The first
        call installs the modules in a template; the next ones, and the next runs,
        clone it.
        """
        return self._cloned(template(self.setup, modules, more_addons), more_addons)

    def _cloned(self, origin, more_addons):
        clone = temporary_clone(self.setup, origin, more_addons, label="bench")
        name, config = self._stack.enter_context(clone)
        # What is measured next must not wait for the copy to be written.
        self.setup.server.sql("CHECKPOINT")
        os.sync()
        return Database(self, name, config, tuple(more_addons))

    def peer(self, package, version):
        """Addons folder of an add-on published on PyPI (``odoo-addon-…``)."""
        return addon_from_pypi(self.setup.venv, package, version)

    def figure(self, name, value, unit="", target=None, at_most=True):
        """Note a figure; with a target, the benchmark is met only if it is."""
        self.figures.append(Figure(name, value, unit, target, at_most))

    @property
    def met(self):
        return all(figure.met for figure in self.figures)

    def table(self):
        """The figures, in columns."""
        rows = [("figure", "value", "target", ""), *(f.row() for f in self.figures)]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        sides = (str.ljust, str.rjust, str.rjust, str.ljust)
        return "\n".join(
            "  ".join(map(_placed, sides, row, widths)).rstrip() for row in rows
        )

    def summary(self):
        """The figures, for a program."""
        with_target = [figure for figure in self.figures if figure.target is not None]
        return {
            "benchmark": self.name,
            "figures": {figure.name: figure.value for figure in self.figures},
            "targets": {
                figure.name: {
                    "at_most" if figure.at_most else "at_least": figure.target
                }
                for figure in with_target
            },
            "met": self.met,
        }


class Database:
    """A database of a benchmark."""

    def __init__(self, context, name, config, more_addons):
        self._context = context
        self._more_addons = more_addons
        self.name = name
        self.config = config

    def call(self, function, **arguments):
        """Run a function inside Odoo, in a new process; return its Measure.

        The function is one of the module's own, or written ``"module:function"``; it
        gets ``env`` and the arguments, which must fit in JSON.
        """
        if callable(function):
            function = f"{function.__module__}:{function.__name__}"
        return call_inside(
            self._context.setup, self.config, self.name, function, **arguments
        )

    def sql(self, query):
        """Lines of a query's result, columns separated by ``|``."""
        return self._context.setup.server.sql(query, self.name)

    def clone(self):
        """Another database, copy of this one as it is now."""
        return self._context._cloned(self.name, self._more_addons)

    @contextlib.contextmanager
    def serving(self):
        """Serve the database meanwhile; give its address. PDFs need it."""
        port = free_port()
        config = write_config(
            self.config.with_name("server.conf"),
            self._context.setup,
            port=port,
            more_addons=self._more_addons,
            db_name=self.name,
            dbfilter=f"^{self.name}$",
        )
        with running_server(self._context.setup, config, port) as served:
            yield served.address


def _placed(side, text, width):
    return side(text, width)


def _written(value):
    """A number as a person reads it."""
    if isinstance(value, float) and abs(value) < 100:
        return f"{value:,.3g}"
    return f"{value:,.0f}"
