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


def depends(folder):
    """The modules that an add-on names in its manifest."""
    path = folder / "__manifest__.py"
    try:
        return ast.literal_eval(path.read_text()).get("depends", ["base"])
    except (SyntaxError, ValueError) as error:
        raise Missing(f"{path} is not a plain dictionary") from error


def dependencies(names):
    """Every module that the repository's add-ons name in their manifests."""
    return {need for name in names for need in depends(REPOSITORY / name)}


def without_implied(modules, folders):
    """Leave out the modules that others of the list install anyway.

    So that two lists with the same outcome share a template.
    """
    implied = set()
    for module in modules:
        implied |= _all_dependencies(module, folders) - {module}
    return sorted(set(modules) - implied)


def _all_dependencies(module, folders):
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _depends_of(name, folders)
    return found


def _depends_of(name, folders):
    for folder in folders:
        if (folder / name / "__manifest__.py").exists():
            return depends(folder / name)
    # Odoo will say that the module does not exist
    return []


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
