"""A half-done or outdated set-up must be seen and redone, and only then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import cache
from tools.base import REPOSITORY, Missing


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A component's folder in a cache of the test's own."""
    monkeypatch.setattr(cache, "cache_dir", lambda: tmp_path)
    return tmp_path / "component"


class Maker:
    """Makes a component of one file and counts how often."""

    def __init__(self):
        self.times = 0

    def make(self, folder):
        self.times += 1
        (folder / "file").write_text("whole")

    @staticmethod
    def check(folder):
        return (folder / "file").exists()


@pytest.fixture
def maker():
    return Maker()


def provide(folder, maker, key="1", **options):
    return cache.provide(folder, key, maker.make, maker.check, **options)


@pytest.mark.parametrize("in_place", [True, False])
def test_makes_once(folder, maker, in_place):
    assert provide(folder, maker, in_place=in_place) == folder
    provide(folder, maker, in_place=in_place)
    assert maker.times == 1
    assert (folder / "file").read_text() == "whole"


def test_makes_again_for_another_key(folder, maker):
    provide(folder, maker)
    (folder / "of the old one").touch()
    provide(folder, maker, key="2")
    assert maker.times == 2
    assert not (folder / "of the old one").exists()


def test_makes_again_what_lost_a_part(folder, maker):
    provide(folder, maker)
    (folder / "file").unlink()
    provide(folder, maker)
    assert maker.times == 2


def test_a_killed_set_up_leaves_nothing_that_looks_good(folder, maker):
    def killed(target):
        maker.make(target)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.provide(folder, "1", killed, maker.check)
    assert not folder.exists()
    provide(folder, maker)
    assert maker.times == 2


def test_says_what_does_not_pass_its_check(folder, maker):
    with pytest.raises(Missing, match="component"):
        cache.provide(folder, "1", maker.make, lambda _folder: False)


def test_concurrent_set_ups_make_it_once(tmp_path):
    script = (
        "import time\n"
        "from tools import cache\n"
        "def make(folder):\n"
        "    open(cache.cache_dir() / 'made', 'a').write('x')\n"
        "    time.sleep(0.5)\n"
        "cache.provide(cache.cache_dir() / 'it', '1', make, lambda f: True)\n"
    )
    environment = {**os.environ, "RECOUVREMENT_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", script]
    running = [
        subprocess.Popen(command, env=environment, cwd=REPOSITORY) for _ in range(3)
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert (tmp_path / "made").read_text() == "x"


def test_a_second_command_is_told_that_the_first_is_running(folder):
    with cache.locked("demo"), pytest.raises(Missing, match="^already$"):
        with cache.locked("demo", busy="already"):
            pytest.fail("both hold the lock")


def test_the_cache_is_where_the_user_wants_it(tmp_path, monkeypatch):
    cache.cache_dir.cache_clear()
    monkeypatch.setenv("RECOUVREMENT_CACHE", str(tmp_path / "there"))
    assert cache.cache_dir() == tmp_path / "there"
    cache.cache_dir.cache_clear()


def test_an_unwritable_cache_is_told_in_one_line(monkeypatch):
    cache.cache_dir.cache_clear()
    monkeypatch.setenv("RECOUVREMENT_CACHE", "/proc/nowhere")
    with pytest.raises(Missing, match="RECOUVREMENT_CACHE"):
        cache.cache_dir()
    cache.cache_dir.cache_clear()


def test_digest_tells_parts_apart():
    assert cache.digest("ab", "c") != cache.digest("a", "bc")
    assert cache.digest(Path("x"), b"y") == cache.digest("x", "y")
