"""The indexes of customer search know which address or name begins with a word.

PostgreSQL's index is one of terms now: to the trigrams that it has had come those of the first eight
characters of e-mail address, first and last name, with their places. SQLite's has a column for each of them. Both are
built anew, which takes a minute or less for a million customers.

Revision: 8d3f6e21b0a4, after 2b8f4ad07c35.
"""

from alembic import op

# ruff: noqa: S608 - the parts of these statements are constants of this file
revision = "8d3f6e21b0a4"
down_revision = "2b8f4ad07c35"
branch_labels = None
depends_on = None

TERMS = """
CREATE FUNCTION customer_terms(email text, first_name text, last_name text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    words text := '  ' || email || '  ' || replace(first_name || ' ' || last_name, ' ', '  ');
    named text;
    terms text[];
BEGIN
    FOR place IN 1 .. char_length(words) - 2 LOOP
        terms := terms || substr(words, place, 3);
    END LOOP;
    FOREACH named IN ARRAY ARRAY['E' || email, 'F' || first_name, 'L' || last_name] LOOP
        CONTINUE WHEN char_length(named) = 1;
        FOR start IN 0 .. least(greatest(char_length(named) - 4, 0), 5) LOOP
            terms := terms || (left(named, 1) || start || substr(named, start + 2, 3));
        END LOOP;
    END LOOP;
    RETURN array_to_tsvector(terms);
END
$$
"""
TRIGRAMS = """
CREATE FUNCTION customer_trigrams(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT array_agg(DISTINCT substr(words, place, 3))
    FROM generate_series(1, char_length(words) - 2) AS place
$$
"""
WORDS = (
    "'  ' || {0}email_key || '  '"
    " || replace({0}first_name_key || ' ' || {0}last_name_key, ' ', '  ')"
)
COLUMNS = {
    "email": "'  ' || {0}email_key",
    "first": "'  ' || replace({0}first_name_key, ' ', '  ')",
    "last": "'  ' || replace({0}last_name_key, ' ', '  ')",
}
KEYS = ("email_key", "first_name_key", "last_name_key")
KEEPERS = ("insert", "update", "delete")


def upgrade() -> None:
    """Build the new indexes, and drop the old ones."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_customers_trigrams", "customers")
        op.execute("DROP FUNCTION customer_trigrams(text)")
        op.execute(TERMS)
        index("ix_customers_terms", "customer_terms(email_key, first_name_key, last_name_key)")
    else:
        build_full_text(COLUMNS)


def downgrade() -> None:
    """Build what was there before."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_customers_terms", "customers")
        op.execute("DROP FUNCTION customer_terms(text, text, text)")
        op.execute(TRIGRAMS)
        index("ix_customers_trigrams", f"customer_trigrams({WORDS.format('')})")
    else:
        build_full_text({"words": WORDS})


def index(name: str, expression: str) -> None:
    """Index an expression on PostgreSQL, so that new rows are merged in while they are few."""
    op.execute(
        f"CREATE INDEX {name} ON customers USING gin ({expression}) "
        "WITH (fastupdate = on, gin_pending_list_limit = 256)"
    )


def build_full_text(columns: dict[str, str]) -> None:
    """Replace SQLite's index and the triggers that keep it."""
    for name in KEEPERS:
        op.execute(f"DROP TRIGGER customer_search_{name}")
    op.execute("DROP TABLE customer_search")
    names = ", ".join(columns)
    op.execute(
        f"CREATE VIRTUAL TABLE customer_search USING fts5({names}, content='', tokenize='trigram')"
    )
    op.execute(
        f"INSERT INTO customer_search (rowid, {names}) SELECT id, {of(columns, '')} FROM customers"
    )
    add = f"INSERT INTO customer_search (rowid, {names}) VALUES (new.id, {of(columns, 'new.')});"
    remove = (
        f"INSERT INTO customer_search (customer_search, rowid, {names}) "
        f"VALUES ('delete', old.id, {of(columns, 'old.')});"
    )
    # A name that moves from last to first changes no word.
    changed = " OR ".join(f"old.{key} <> new.{key}" for key in KEYS)
    op.execute(f"CREATE TRIGGER customer_search_insert AFTER INSERT ON customers BEGIN {add} END")
    op.execute(
        "CREATE TRIGGER customer_search_update "
        f"AFTER UPDATE OF {', '.join(KEYS)} ON customers "
        f"WHEN {changed} BEGIN {remove} {add} END"
    )
    op.execute(
        f"CREATE TRIGGER customer_search_delete AFTER DELETE ON customers BEGIN {remove} END"
    )


def of(columns: dict[str, str], row: str) -> str:
    """Return the values of the index's columns."""
    return ", ".join(it.format(row) for it in columns.values())
