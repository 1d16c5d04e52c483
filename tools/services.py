"""Processes that run beside a command and end with it: Odoo's server, the SMTP sink."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from .base import REPOSITORY, Missing
from .cache import remove

PATIENCE = 120


@dataclass(frozen=True)
class Served:
    """A server that answers; ``wait`` returns when it ends by itself."""

    address: str
    wait: object


@contextlib.contextmanager
def running_server(setup, config, port, cron=False):
    """Serve Odoo on loopback; give it once it answers.

    Reports need it too: wkhtmltopdf asks it for their style sheets.
    """
    command = setup.odoo_command(
        "-c", config, "--log-level=warn", f"--max-cron-threads={int(cron)}"
    )
    address = f"http://127.0.0.1:{port}"
    check_free(port)
    with _child(command, setup.environment(), "Odoo") as process:
        _wait_for(process, lambda: _answers(f"{address}/web/health"), "Odoo")
        yield Served(address, process.wait)


@contextlib.contextmanager
def running_sink(setup, folder, port=0, **misbehaviour):
    """Run the SMTP sink over a folder; give its port.

    ``misbehaviour`` holds lists of addresses, as in :class:`tools.smtp_sink.Sink`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port_file = folder / ".port"
    remove(port_file)
    command = [str(setup.python), "-m", "tools.smtp_sink", str(folder)]
    command += [f"--port={port}", f"--port-file={port_file}", "--quiet"]
    for name, addresses in misbehaviour.items():
        command += [f"--{name}={address}" for address in addresses]
    with _child(command, setup.environment(), "the SMTP sink") as process:
        _wait_for(process, port_file.exists, "the SMTP sink")
        yield int(port_file.read_text())


@contextlib.contextmanager
def _child(command, environment, what):
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            # an interrupt of the terminal is for us: we stop the child in order
            start_new_session=True,
        )
    except OSError as error:
        raise Missing(f"{what} cannot be started: {error.strerror}") from error
    try:
        yield process
    finally:
        _stop(process)


def check_free(port):
    """Another server on the port would be taken for ours."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Missing(f"the port {port} is taken: choose another one") from None


def _stop(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(process, ready, what):
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if process.poll() is not None:
            raise Missing(f"{what} stopped with code {process.returncode}")
        if time.monotonic() > deadline:
            raise Missing(f"{what} does not answer after {PATIENCE} s")
        time.sleep(0.1)


def _answers(address):
    try:
        # straight to loopback, whatever proxy the environment names
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(address, timeout=10) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
