"""The pages: every link leads somewhere, and the guides' Python runs as it stands there."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("research/**/*.md")])
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them: of the same words -1, -2 with the second and third."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    found = []
    for heading in headings:
        found.append(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
    return {name + (f"-{found[:at].count(name)}" if name in found[:at] else "") for at, name in enumerate(found)}


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page):
    for path, anchor in LINK.findall(page.read_text()):
        if path.startswith("http"):
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {path}"
        if anchor:
            assert anchor in anchors(target), f"{page.name} links to {path}#{anchor}"


GUIDES = [ROOT / "docs" / "quickstart.md", ROOT / "docs" / "guides" / "python.md"]
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = [(page, code) for page in GUIDES for code in PYTHON.findall(page.read_text())]


@pytest.mark.slow
@pytest.mark.parametrize(("page", "code"), BLOCKS, ids=[f"{page.stem}-{at}" for at, (page, _) in enumerate(BLOCKS)])
def test_python_runs(page, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, page.name, "exec"), {})


NOTEBOOKS = {  # by name, what is small here
    "quickstart": "steps, epochs = 4, 1",
    "my_images": "folder, kinds, steps = Path('photos'), 3, 1\n"
    "options = {'descriptor': 'pixels', 'steps': 4, 'self_training_rounds': 0, 'width': 0.125}",
}


def test_every_notebook_is_run():
    assert {path.stem for path in ROOT.glob("docs/**/*.ipynb")} == set(NOTEBOOKS)


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_and_shows_what_it_made(name, tmp_path, monkeypatch):
    cells = json.loads((ROOT / "docs" / f"{name}.ipynb").read_text())["cells"]
    cells = [cell for cell in cells if cell["cell_type"] == "code"]
    assert sum("image/png" in output.get("data", {}) for cell in cells for output in cell["outputs"]) >= 3
    assert not any(output["output_type"] == "error" for cell in cells for output in cell["outputs"])
    monkeypatch.chdir(tmp_path)
    names = {}
    for cell in cells:
        small = "parameters" in cell["metadata"].get("tags", [])
        exec(compile(NOTEBOOKS[name] if small else "".join(cell["source"]), name, "exec"), names)
