import json
from pathlib import Path

from customer_api.api.documents import error_catalogue, storefront_openapi

ROOT = Path(__file__).parents[2]


def test_documents_are_written_and_then_up_to_date(run, directory):
    written = run("openapi")
    checked = run("openapi", "--check")

    assert (written.exit_code, checked.exit_code) == (0, 0)
    assert (
        json.loads((directory / "openapi" / "storefront-v1.json").read_text())
        == storefront_openapi()
    )
    assert json.loads((directory / "openapi" / "errors.json").read_text()) == error_catalogue()


def test_documents_do_not_depend_on_the_environment(run, directory):
    run("openapi", PASSWORD_MIN_LENGTH="20", STORE="AT")

    written = (directory / "openapi" / "storefront-v1.json").read_text("utf-8")
    assert written == (ROOT / "openapi" / "storefront-v1.json").read_text("utf-8")


def test_difference_is_found(run, directory):
    run("openapi")
    (directory / "openapi" / "errors.json").write_text("{}")

    result = run("openapi", "--check")

    assert result.exit_code == 1
    assert "errors.json is out of date" in result.output


def test_missing_document_is_found(run):
    result = run("openapi", "--check")

    assert result.exit_code == 1
