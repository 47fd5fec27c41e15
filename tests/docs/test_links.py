"""Links between the documents, and from them to files, lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IGNORED = {".git", ".venv", ".hypothesis", "var", "build", "dist"}
DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for path in ROOT.rglob("*.md")
    if not {part for part in path.relative_to(ROOT).parts if part in IGNORED or part[0] == "."}
)

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def prose(document: Path) -> str:
    """The text without its code, where brackets mean other things."""
    return CODE.sub("code", (ROOT / document).read_text("utf-8"))


def anchors(document: Path) -> set[str]:
    """The names of all headings, as renderers derive them."""
    text = re.sub(r"```.*?```", "", document.read_text("utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


def leads_somewhere(document: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = (ROOT / document).parent / name if name else ROOT / document
    return path.exists() and (not anchor or anchor in anchors(path))


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_of_a_document_lead_somewhere(document):
    targets = [link for link in LINK.findall(prose(document)) if "://" not in link]

    broken = [target for target in targets if not leads_somewhere(document, target)]

    assert broken == []


def test_every_decision_is_in_the_index():
    directory = ROOT / "docs" / "decisions"
    pages = {path.name for path in directory.glob("[0-9]*.md")}

    linked = LINK.findall((directory / "README.md").read_text("utf-8"))

    assert pages == set(linked)
    assert len({name[:4] for name in pages}) == len(pages)


def test_decisions_that_code_names_exist():
    numbers = {path.name[:4] for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md")}

    named = {
        number
        for path in (ROOT / "src").rglob("*.py")
        for number in re.findall(r"decisions/(\d{4})", path.read_text("utf-8"))
    }

    assert named <= numbers
