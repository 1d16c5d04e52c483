"""PostgreSQL: the server named by the PG* variables, else a private cluster.

The private cluster lives in the cache directory, is started on demand and left
running: the next command finds it again.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from pathlib import Path

from . import apt
from .base import Missing, is_root, last_line, run, say
from .cache import cache_dir, locked, remove

NAMING = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE")
SYSTEM_USER = "postgres"
# Odoo refuses to work as the role "postgres"
ROLE = "odoo"
# Test, demo and benchmark databases can be made again at any time: losing them
# with the machine's power is fine, waiting for the disk is not. Private cluster
# only; never do this to a server that holds real data.
SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_wal_size = 2GB
work_mem = 32MB
max_connections = 200
listen_addresses = '127.0.0.1'
"""
# the longest path that the system accepts for a unix socket, less its file name
SOCKET_PATH_LIMIT = 107 - len("/.s.PGSQL.65535")


def _shared_buffers():
    """Megabytes: an eighth of the machine's memory, between 256 and 2048.

    A server that holds real data is given more (a quarter, says its documentation).
    """
    memory = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    with contextlib.suppress(OSError, ValueError):  # "max", or not in a container
        memory.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return min(max(min(memory) // 8 // 2**20, 256), 2048)


class Server:
    """A running server: ``environment`` is what libpq needs to reach it."""

    def __init__(self, environment, binaries):
        self.environment = environment
        self.binaries = binaries

    @property
    def identity(self):
        """What tells one server from another; the private one's port changes."""
        if self.environment:
            return "private"
        return ":".join(os.environ.get(name, "") for name in NAMING)

    def tool(self, name, *arguments, purpose=None):
        """Run a PostgreSQL client program against the server."""
        command = [_program(self.binaries, name), *arguments]
        return run(command, purpose or name, env=self._full_environment())

    def sql(self, query, database="postgres"):
        """Run a query and return its lines."""
        output = self.tool(
            "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", query
        )
        return output.splitlines()

    def answers(self):
        command = [_program(self.binaries, "psql"), "-XAtqc", "SELECT 1", "postgres"]
        done = subprocess.run(
            command, env=self._full_environment(), capture_output=True, text=True
        )
        return done.returncode == 0, last_line(done.stderr)

    def _full_environment(self):
        return {**os.environ, "PGCONNECT_TIMEOUT": "10", **self.environment}


def find_server():
    """Return a server that answers, started if need be."""
    binaries = _binaries()
    cluster = _Cluster(binaries)
    if any(os.environ.get(name) for name in NAMING) and not cluster.is_named():
        server = Server({}, binaries)
        reached, reason = server.answers()
        if not reached:
            raise Missing(f"the PostgreSQL server of the PG* variables: {reason}")
        return server
    return cluster.started()


def _binaries():
    """Folders that hold PostgreSQL programs, the newest server first."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: [int(part) for part in path.parent.name.split(".")],
        reverse=True,
    )
    return [*folders, *map(Path, os.environ.get("PATH", "").split(os.pathsep))]


def _program(binaries, name, required=True):
    found = shutil.which(name, path=os.pathsep.join(map(str, binaries)))
    if not found and required:
        raise Missing(
            f"the PostgreSQL program {name} is missing: install PostgreSQL 13 or "
            "newer (on Debian: apt-get install postgresql)"
        )
    return found


class _Cluster:
    """The private cluster of the cache directory."""

    def __init__(self, binaries):
        self.binaries = binaries
        self.folder = cache_dir() / "postgres"
        self.data = self.folder / "data"
        self.password_file = cache_dir() / "postgres-password"

    def is_named(self):
        """Whether the PG* variables name this cluster, as :mod:`tools.environment`
        sets them: it is then started like without them."""
        server = self._server()
        known = server.environment if server else {}
        names = ("PGHOST", "PGPASSWORD")
        return bool(known) and all(os.environ.get(n) == known[n] for n in names)

    def started(self):
        server = self._server()
        if server and server.answers()[0]:
            return server
        with locked("postgres"):
            server = self._server()
            if not (server and server.answers()[0]):
                self._install_if_needed()
                self._revive()
                server = self._server()
        reached, reason = server.answers() if server else (False, "it is not running")
        if not reached:
            raise Missing(
                f"the private PostgreSQL cluster does not answer ({reason}); "
                f"remove {self.folder} to have it made anew"
            )
        return server

    def _server(self):
        """The server as it was last started, whether it still runs or not."""
        try:
            port = (self.data / "postmaster.pid").read_text().splitlines()[3]
            password = self.password_file.read_text().strip()
        except (OSError, IndexError):
            return None
        environment = {
            "PGHOST": self._socket_folder() or "127.0.0.1",
            "PGPORT": port,
            "PGUSER": ROLE,
            "PGPASSWORD": password,
        }
        return Server(environment, self.binaries)

    def _socket_folder(self):
        """Where the unix socket is; empty when its path would be too long."""
        folder = str(self.folder / "socket")
        return folder if len(folder) <= SOCKET_PATH_LIMIT else ""

    def _revive(self):
        """Start the cluster; one that cannot start is made anew.

        Without fsync a power cut may well have broken it, and it holds nothing
        that cannot be made again.
        """
        if self._is_made():
            try:
                return self._start()
            except Missing as missing:
                say(f"the private PostgreSQL cluster is broken: {missing}")
                self._stop()
        self._make()
        self._start()

    def _is_made(self):
        """A cluster that another version of PostgreSQL made cannot be started."""
        try:
            made_by = (self.data / "PG_VERSION").read_text().strip()
        except OSError:
            return False
        version = run(
            [_program(self.binaries, "postgres"), "--version"], "postgres --version"
        )
        same = version.split()[2].startswith(f"{made_by}.")
        return same and (self.folder / "made").exists() and self.password_file.exists()

    def _make(self):
        say("creating the private PostgreSQL cluster")
        remove(self.folder)
        (self.folder / "socket").mkdir(parents=True)
        password = secrets.token_urlsafe(24)
        self._write_password(password)
        handed = self.folder / "password"
        handed.touch(mode=0o600)
        handed.write_text(password)
        self._give_to_system_user(self.folder, self.folder / "socket", handed)
        self._as_owner(
            "initdb",
            *("-D", self.data, "-U", ROLE, "--auth=scram-sha-256"),
            *(f"--pwfile={handed}", "--encoding=UTF8", "--locale=C.UTF-8"),
        )
        handed.unlink()
        self._configure()
        (self.folder / "made").touch()

    def _configure(self):
        with open(self.data / "postgresql.conf", "a") as settings:
            settings.write(SETTINGS)
            settings.write(f"unix_socket_directories = '{self._socket_folder()}'\n")

    def _stop(self):
        """Make sure that nothing runs in the folder that is about to be removed."""
        with contextlib.suppress(Missing):
            self._as_owner("pg_ctl", "stop", "-m", "immediate", "-D", self.data)

    def _install_if_needed(self):
        if not _program(self.binaries, "initdb", required=False):
            apt.install(["postgresql"], "PostgreSQL (server programs)")
            self.binaries = _binaries()

    def _write_password(self, password):
        """Kept outside the cluster's folder, for the user who runs the tools."""
        self.password_file.touch(mode=0o600)
        self.password_file.chmod(0o600)
        self.password_file.write_text(password)

    def _give_to_system_user(self, *paths):
        """The server refuses to run as root: it then runs as "postgres"."""
        if is_root():
            owner = _system_user()
            for path in paths:
                os.chown(path, owner.pw_uid, owner.pw_gid)

    def _start(self):
        say("starting the private PostgreSQL cluster")
        port = _free_port()
        log = self.folder / "server.log"
        self._as_owner(
            *("pg_ctl", "start", "-w", "-t", "60", "-D", self.data, "-l", log),
            *("-o", f"-p {port} -c shared_buffers={_shared_buffers()}MB"),
        )

    def _as_owner(self, program, *arguments):
        command = [_program(self.binaries, program), *arguments]
        options = {}
        if is_root():
            owner = _system_user()
            self._check_traversable(owner)
            options = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        # the server inherits neither the caller's folder nor its terminal
        run(command, program, cwd="/", env=_plain_environment(), **options)

    def _check_traversable(self, owner):
        done = subprocess.run(
            ["test", "-x", self.folder],
            user=owner.pw_uid,
            group=owner.pw_gid,
            extra_groups=[],
            cwd="/",
        )
        if done.returncode:
            raise Missing(
                f"the user {SYSTEM_USER} cannot enter {self.folder}: set "
                "RECOUVREMENT_CACHE to a folder that it can enter"
            )


def _system_user():
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise Missing(
            f"PostgreSQL does not run as root and there is no user {SYSTEM_USER}: "
            "install Debian's postgresql, or name a server with PGHOST"
        ) from None


def _plain_environment():
    kept = ("PATH", "TZ")
    environment = {key: os.environ[key] for key in kept if key in os.environ}
    return {**environment, "LC_ALL": "C.UTF-8"}


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
