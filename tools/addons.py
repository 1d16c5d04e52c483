"""The repository's add-ons: which they are, what they need, when they changed."""

import ast

from .base import REPOSITORY, Missing
from .cache import digest

# what changes nothing in an installed database
NOT_INSTALLED = {"tests", "readme", "__pycache__"}
NOT_INSTALLED_SUFFIXES = {".pyc", ".md", ".rst", ".orig", ".swp"}


def own_addons():
    """Names of the add-ons: the top-level folders that have a manifest."""
    manifests = REPOSITORY.glob("*/__manifest__.py")
    return sorted(manifest.parent.name for manifest in manifests)


def manifest(name):
    path = REPOSITORY / name / "__manifest__.py"
    try:
        return ast.literal_eval(path.read_text())
    except (SyntaxError, ValueError) as error:
        raise Missing(f"{name}/__manifest__.py is not a plain dictionary") from error


def dependencies(names):
    """Every module that the add-ons name in their manifests."""
    return {need for name in names for need in manifest(name).get("depends", ())}


def installation_digest(names):
    """Hash of every file of the add-ons that an installation may read."""
    parts = []
    for name in names:
        for path in sorted((REPOSITORY / name).rglob("*")):
            if path.is_file() and _is_installed(path.relative_to(REPOSITORY / name)):
                parts += [path.relative_to(REPOSITORY), path.read_bytes()]
    return digest(*parts)


def _is_installed(path):
    return (
        path.parts[0] not in NOT_INSTALLED
        and "__pycache__" not in path.parts
        and path.parts[:2] != ("static", "description")
        and path.suffix not in NOT_INSTALLED_SUFFIXES
    )
