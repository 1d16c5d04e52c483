"""The cache directory: the only place, beside the repository, that is written.

A component is a folder of the cache with a stamp file. The stamp is written last
and names the key the folder was made for, so a half-done or outdated folder is
never taken for a good one.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
from functools import lru_cache
from pathlib import Path

from .base import Missing, is_root

STAMP = ".complete"


@lru_cache(maxsize=1)
def cache_dir():
    """Return the cache directory, made if absent."""
    folder = Path(_wanted_cache_dir()).expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if is_root():
            # the system user that runs PostgreSQL must be able to enter it
            folder.chmod(0o755)
    except OSError as error:
        raise Missing(
            f"no cache directory: {folder}: {error.strerror}; "
            "set RECOUVREMENT_CACHE to a writable folder"
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Missing(
            f"the cache directory {folder} is not writable; "
            "set RECOUVREMENT_CACHE to a writable folder"
        )
    return folder


def _wanted_cache_dir():
    if os.environ.get("RECOUVREMENT_CACHE"):
        return os.environ["RECOUVREMENT_CACHE"]
    if is_root():
        return "/var/cache/recouvrement_amiable"
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return f"{base}/recouvrement_amiable"


@contextlib.contextmanager
def locked(name, busy=None):
    """Hold the file lock ``name``, so that concurrent set-ups wait for each other.

    With ``busy``, do not wait: that line is the answer to a second one.
    """
    folder = cache_dir() / "locks"
    folder.mkdir(exist_ok=True)
    with open(folder / f"{name}.lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
        except BlockingIOError:
            raise Missing(busy) from None
        yield


def provide(folder, key, make, check, in_place=False):
    """Return ``folder``, made by ``make(folder)`` unless it is there and good.

    It is good when its stamp holds ``key`` and ``check(folder)`` is true. Unless
    ``in_place`` is set (a virtual environment cannot be moved), it is made under
    a temporary name and renamed, so that no reader ever sees half of it.
    """
    if _is_good(folder, key, check):
        return folder
    with locked(folder.name):
        if _is_good(folder, key, check):
            return folder
        target = folder if in_place else folder.with_name(f".{folder.name}.partial")
        for leftover in (folder, target):
            remove(leftover)
        target.mkdir(parents=True)
        make(target)
        if not check(target):
            raise Missing(f"{folder.name} was set up but does not pass its check")
        (target / STAMP).write_text(key)
        if target != folder:
            target.rename(folder)
    return folder


def _is_good(folder, key, check):
    try:
        return (folder / STAMP).read_text() == key and check(folder)
    except OSError:
        return False


def remove(path):
    """Delete a file or a whole tree; absent is fine."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def digest(*parts):
    """Short content hash used as a key."""
    total = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()[:16]
