"""The house: who may import whom, how long a file may be, and that every public thing and every option is explained."""

import ast
import importlib
import inspect
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

from tfgmmgan.models import MODELS
from tfgmmgan.training.options import heeded_options
from tfgmmgan.training.yaml_files import flatten

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "tfgmmgan").rglob("*.py"))
MOST_LINES = 350

# What each package may import beside itself: the arrows of the house run one way.
FOUNDATION = {"utils", "version"}
PARTS = FOUNDATION | {"data", "networks", "losses", "priors"}
MAY_IMPORT = {
    "utils": set(),
    "data": FOUNDATION,
    "networks": FOUNDATION,
    "losses": FOUNDATION,
    "priors": FOUNDATION,
    "clustering": PARTS,
    "models": PARTS | {"clustering"},
    "plotting": PARTS | {"clustering", "models"},
    "evaluation": PARTS | {"clustering", "models"},
    "serving": PARTS | {"clustering", "models"},
    "kinds": PARTS | {"clustering"},
    "training": PARTS | {"clustering", "models", "evaluation", "plotting", "serving", "kinds"},
    "explore": PARTS | {"clustering", "models", "training", "kinds"},
    "cli": PARTS | {"clustering", "models", "evaluation", "plotting", "serving", "training", "kinds", "explore"},
}


def module_of(file):
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in FILES}


def imports(file):
    """Return the modules of the package that a file imports anywhere: in functions and for types too."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} has a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in MODULES else node.module)
        elif isinstance(node, ast.Constant):
            named = re.fullmatch(r"([\w.]+):\w+", str(node.value))  # in a registry
            found |= {named[1]} if named else set()
    return {name for name in found if name in MODULES}


IMPORTS = {module: imports(file) for module, file in MODULES.items()}
PACKAGES = sorted({module.split(".")[1] for module in MODULES if "." in module} - {"version", "__main__"})


def test_every_package_has_its_place():
    assert set(PACKAGES) == set(MAY_IMPORT)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_stands_below_it(package):
    for module, imported in IMPORTS.items():
        if module.split(".")[1:2] == [package]:
            for other in imported:
                assert other != "tfgmmgan", f"{module} imports the whole of tfgmmgan"
                assert other.split(".")[1] in MAY_IMPORT[package] | {package}, f"{module} imports {other}"


def test_clustering_needs_no_model():
    reached, ahead = set(), {module for module in MODULES if module.startswith("tfgmmgan.clustering")}
    while ahead:
        reached |= ahead
        ahead = {other for module in ahead for other in IMPORTS[module]} - reached
    assert not [module for module in reached if module.startswith("tfgmmgan.models")]


def test_no_module_imports_itself_by_way_of_others():
    list(TopologicalSorter(IMPORTS).static_order())  # a CycleError names the circle


@pytest.mark.parametrize("file", FILES, ids=module_of)
def test_no_file_is_long(file):
    assert len(file.read_text().splitlines()) <= MOST_LINES


@pytest.mark.parametrize("file", FILES, ids=module_of)
def test_what_a_model_can_do_is_declared(file):
    """No `hasattr` on a model: its class has `capabilities`."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "hasattr":
            asked = ast.unparse(node.args[0])
            assert not re.search(r"model|gan\b|self$", asked), f"hasattr({asked}, ...) in line {node.lineno}"


def public():
    """Yield every public name of every module, and every public method and property of the package's own classes."""
    for name in MODULES:
        if name.endswith("__main__"):
            continue
        module = importlib.import_module(name)
        for attribute in getattr(module, "__all__", ()):
            thing = getattr(module, attribute)
            yield f"{name}.{attribute}", thing, None
            if inspect.isclass(thing) and thing.__module__ == name:
                for method, value in vars(thing).items():
                    function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
                    if not method.startswith("_") and inspect.isfunction(function):
                        yield f"{name}.{attribute}.{method}", thing, method


def test_every_module_and_every_public_name_is_explained():
    for name in MODULES:
        if not name.endswith("__main__"):
            assert (importlib.import_module(name).__doc__ or "").strip(), name
    unexplained = []
    for name, thing, method in public():
        if method:
            said = inspect.getdoc(getattr(thing, method))  # an overridden method may leave the word to its base
        elif inspect.isclass(thing):
            said = vars(thing).get("__doc__")
            said = (
                "" if said and said.startswith(f"{thing.__name__}(") else said
            )  # what `dataclass` and NamedTuple write
        elif inspect.isroutine(thing):
            said = thing.__doc__
        else:
            continue  # a registry, a type or a number
        if not (said or "").strip():
            unexplained.append(name)
    assert not unexplained


def named_options():
    """Return all texts where an option may be named by its full name, and the options that YAML names by groups."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    known = {name for model in MODELS for name in heeded_options(model)}
    nested = set()
    blocks = [file.read_text() for file in sorted((ROOT / "configs").rglob("*.yaml"))]
    blocks += [block for page in pages for block in re.findall(r"^```ya?ml\n(.*?)^```", page.read_text(), re.M | re.S)]
    for block in blocks:
        content = yaml.load(block, yaml.BaseLoader)
        for part in [content, *content.get("rows", {}).values()]:  # a published table has its options and its rows'
            nested |= set(flatten(part.get("options", {}) if "rows" in content else part, known))
    tests = [file for file in sorted((ROOT / "tests").rglob("*.py")) if file != Path(__file__)]
    return "\n".join(file.read_text() for file in [*pages, *tests]), nested


def test_every_option_of_every_help_is_named_in_a_guide_a_config_or_a_test():
    text, nested = named_options()
    options = {name for model in MODELS for name in heeded_options(model)}
    unnamed = {
        name
        for name in options - nested
        if not re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.]*\w)" if "." in name else rf"--{name}\b", text)
    }
    assert not unnamed
