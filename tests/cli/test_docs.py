from customer_api.core.settings import PREFIX, Settings


def test_every_setting_is_documented_with_its_default(run, directory):
    result = run("docs")

    table = (directory / "docs" / "settings.md").read_text("utf-8")
    assert result.exit_code == 0
    assert all(f"| `{PREFIX}{name.upper()}` |" in table for name in Settings.model_fields)
    assert "| `CUSTOMER_API_LOCALES` | `en_US,de_DE` |" in table
    assert "| `CUSTOMER_API_DOUBLE_OPT_IN` | `true` |" in table
    assert "| `CUSTOMER_API_PUBLIC_URL` |  |" in table


def test_every_error_is_documented(run, directory):
    run("docs")

    table = (directory / "docs" / "errors.md").read_text("utf-8")
    assert "| LoginFailed | 003 | 401 | Failed to authenticate user. |" in table
    assert "| GrantUnknown | invalid_grant | 400 |" in table


def test_difference_is_found(run, directory):
    run("docs")
    (directory / "docs" / "errors.md").write_text("")

    result = run("docs", "--check")

    assert result.exit_code == 1
