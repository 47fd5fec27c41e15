import pytest
from jinja2 import TemplateNotFound, UndefinedError
from jinja2.sandbox import SecurityError

from customer_api.mail import message
from customer_api.mail.render import BUILT_IN, Renderer

LINK = "https://shop.example/confirm?token=abc&x=1"
TEMPLATES = (
    message.REGISTRATION_CONFIRMATION,
    message.WELCOME,
    message.ACCOUNT_EXISTS,
    message.PASSWORD_RESTORE,
    message.PASSWORD_CHANGED,
    message.REFRESH_TOKEN_REUSED,
    message.PASSWORD_REMOVED,
    message.EMAIL_ASSIGNED,
    message.PASSWORD_RESET,
    message.PASSWORD_INVITATION,
    message.EMAIL_CHANGE,
    message.EMAIL_CHANGED,
    message.EMAIL_CHANGE_UNDONE,
    message.ACCOUNT_DELETED,
    message.PERSONAL_DATA_EXPORTED,
    message.NEWSLETTER_CONFIRMATION,
    message.NEWSLETTER_WELCOME,
)
WITH_LINK = (
    message.NEWSLETTER_CONFIRMATION,
    message.REGISTRATION_CONFIRMATION,
    message.WELCOME,
    message.PASSWORD_RESTORE,
    message.PASSWORD_CHANGED,
    message.PASSWORD_REMOVED,
    message.PASSWORD_RESET,
    message.PASSWORD_INVITATION,
    message.EMAIL_CHANGED,
)
CONSENT = "Yes, write to me."
LANGUAGES = {"en": "en_US", "de": "de_DE"}


@pytest.fixture
def renderer():
    return Renderer(store="DE", locale="en_US", overrides=None)


@pytest.fixture
def render(renderer, make_mail):
    def run(template=message.PASSWORD_CHANGED, locale="en_US", **variables):
        names = {"first_name": "Ada", "last_name": "Lovelace"}
        given = names | {"newsletter": "News", "consent": CONSENT} | variables
        return renderer.render(make_mail(template=template, locale=locale, variables=given))

    return run


@pytest.fixture
def override(tmp_path, make_mail):
    """Write a template of the shop's own and render its mail."""

    def run(file, content, **changes):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return Renderer(store="DE", locale="en_US", overrides=tmp_path).render(make_mail(**changes))

    return run


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_exists_in_every_language(language):
    built_in = {path.name for path in (BUILT_IN / language).iterdir() if path.is_dir()}

    assert built_in == set(TEMPLATES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_mail_greets_and_is_signed_in_both_forms(render, template, language):
    mail = render(template, LANGUAGES[language], link=LINK, hours="48", minutes="2880")

    greeting = {"en": "Hello Ada Lovelace,", "de": "Guten Tag Ada Lovelace,"}[language]
    assert mail.language == language
    assert mail.text.startswith(f"{greeting}\n\n")
    assert mail.text.endswith("(DE)\n")
    assert f"<p>{greeting}</p>" in mail.html
    assert "(DE)</p>" in mail.html
    assert "\n\n\n" not in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_subject_is_one_line_and_the_heading(render, template, language):
    mail = render(template, LANGUAGES[language], link=LINK, hours="48", minutes="2880")

    assert mail.subject
    assert mail.subject == " ".join(mail.subject.split())
    assert f"<title>{mail.subject}</title>" in mail.html
    assert f">{mail.subject}</h1>" in mail.html


@pytest.mark.parametrize("template", TEMPLATES)
def test_languages_do_not_share_texts(render, template):
    english = render(template, "en_US", link=LINK, hours="48", minutes="2880")
    german = render(template, "de_DE", link=LINK, hours="48", minutes="2880")

    assert english.subject != german.subject
    assert not set(english.text.splitlines()) & set(german.text.splitlines()) - {"", LINK, CONSENT}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_html_names_its_language_and_loads_nothing(render, template, language):
    mail = render(template, LANGUAGES[language], link=LINK, hours="48", minutes="2880")

    assert f'<html lang="{language}">' in mail.html
    assert not [
        word for word in ("src=", "url(", "<link", "<script", "@import") if word in mail.html
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", WITH_LINK)
def test_link_is_a_button_and_readable_text_with_its_lifetime(render, template, language):
    mail = render(template, LANGUAGES[language], link=LINK, hours="48", minutes="2880")

    escaped = LINK.replace("&", "&amp;")
    hours = {"en": "48 hours", "de": "48 Stunden"}[language]
    assert f"\n{LINK}\n" in mail.text
    assert mail.html.count(f'href="{escaped}"') == 2
    assert f">{escaped}</a>" in mail.html
    assert hours in mail.text
    assert hours in mail.html


@pytest.mark.parametrize(
    ("locale", "hours"), [("en_US", "for 1 hour and"), ("de_DE", "ist 1 Stunde lang")]
)
def test_one_hour_is_singular(render, locale, hours):
    mail = render(message.PASSWORD_RESTORE, locale, link=LINK, hours="1")

    assert hours in mail.text
    assert hours in mail.html


@pytest.mark.parametrize(
    ("locale", "minutes", "expected"),
    [
        ("en_US", "30", "for 30 minutes and"),
        ("en_US", "1", "for 1 minute and"),
        ("de_DE", "30", "ist 30 Minuten lang"),
        ("de_DE", "1", "ist 1 Minute lang"),
    ],
)
def test_a_short_lifetime_is_told_in_minutes(render, locale, minutes, expected):
    mail = render(message.EMAIL_CHANGE, locale, link=LINK, minutes=minutes)

    assert expected in mail.text
    assert expected in mail.html
    assert f"\n{LINK}\n" in mail.text
    assert mail.html.count(f'href="{LINK.replace("&", "&amp;")}"') == 2


@pytest.mark.parametrize("template", [message.WELCOME, message.PASSWORD_CHANGED])
@pytest.mark.parametrize("locale", LANGUAGES.values())
def test_some_mails_go_without_a_link_too(render, locale, template):
    mail = render(template, locale)

    assert "http" not in mail.text
    assert "href" not in mail.html


def test_unknown_language_is_answered_in_english(render):
    mail = render(locale="fr_FR")

    assert mail.language == "en"
    assert mail.subject == "Your password was changed"


def test_unknown_template_is_an_error(render):
    with pytest.raises(TemplateNotFound):
        render("newsletter")


def test_missing_variable_is_an_error(render):
    with pytest.raises(UndefinedError):
        render(message.PASSWORD_RESTORE, hours="2")


@pytest.mark.parametrize(
    ("first_name", "last_name", "greeting"),
    [
        ("Jörg", "Müller-Lüdenscheidt", "Hello Jörg Müller-Lüdenscheidt,"),
        ("J.R.R.", "Tolkien", "Hello J.R.R. Tolkien,"),
        ("Ada", "", "Hello Ada,"),
        ("", "O\u2019Neil", "Hello O\u2019Neil,"),
        ("श्रीनिवास", "", "Hello श्रीनिवास,"),
        ("", "", "Hello,"),
        ("Visit evil.example now", "Lovelace", "Hello Lovelace,"),
        ("https://evil", "Lovelace", "Hello Lovelace,"),
        ("x.io", "Lovelace", "Hello Lovelace,"),
        ("Call 0900 123", "Lovelace", "Hello Lovelace,"),
        ("Ada\r\nBcc: eve@evil.example", "Lovelace", "Hello Lovelace,"),
        ("Ada\u202e", "Lovelace", "Hello Lovelace,"),
        ("<b>Ada</b>", "{{ 7 * 7 }}", "Hello,"),
    ],
)
def test_greeting_has_only_what_can_be_a_name(render, first_name, last_name, greeting):
    mail = render(first_name=first_name, last_name=last_name)

    assert mail.text.splitlines()[0] == greeting
    assert f"<p>{greeting}</p>" in mail.html


def test_mail_without_a_name_greets_nobody(renderer, make_mail):
    mail = renderer.render(make_mail(variables={}))

    assert mail.text.startswith("Hello,\n")


def test_shop_replaces_a_single_file(override):
    mail = override("en/password_changed/body.txt", "{{ first_name }} of {{ store }}")

    assert mail.text == "Ada of DE"
    assert mail.subject == "Your password was changed"
    assert "<p>Hello Ada Lovelace,</p>" in mail.html


def test_shop_adds_a_language(override, tmp_path):
    directory = tmp_path / "fr" / "password_changed"
    directory.mkdir(parents=True)
    (directory / "subject.txt").write_text("Mot de passe", encoding="utf-8")
    (directory / "body.txt").write_text("Bonjour", encoding="utf-8")

    mail = override("fr/password_changed/body.html", "<p>Bonjour</p>", locale="fr_FR")

    assert (mail.language, mail.subject) == ("fr", "Mot de passe")
    assert (mail.text, mail.html) == ("Bonjour", "<p>Bonjour</p>")


def test_subject_with_a_variable_is_an_error(override):
    with pytest.raises(UndefinedError):
        override("en/password_changed/subject.txt", "Hello {{ first_name }}")


def test_subject_of_several_lines_becomes_one(override):
    mail = override("en/password_changed/subject.txt", "Your password\n was changed  today\n")

    assert mail.subject == "Your password was changed today"


def test_html_is_escaped_and_text_is_not(override):
    link = "https://shop.example/?a=\"'<>&"
    variables = {"link": link, "hours": "1"}

    html = override("en/password_changed/body.html", "{{ link }}", variables=variables).html

    assert html == "https://shop.example/?a=&#34;&#39;&lt;&gt;&amp;"


def test_text_is_not_escaped(override):
    variables = {"link": "<&>", "hours": "1"}

    text = override("en/password_changed/body.txt", "{{ link }}", variables=variables).text

    assert text == "<&>"


def test_template_of_a_shop_cannot_reach_into_the_program(override):
    with pytest.raises(SecurityError):
        override("en/password_changed/body.txt", "{{ ''.__class__.__mro__ }}")
