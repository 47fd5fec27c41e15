"""Normal forms of names, locks, and the indexes by which customers are found and sorted.

PostgreSQL finds substrings by an index over the trigrams of e-mail address and names, which a function
of ours takes apart, so no extension is needed. SQLite has a full-text index without content, which
triggers keep.

Revision: 6c1f0a92be37, after 4b0c7f19de62.
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

# ruff: noqa: S608 - the parts of these statements are constants of this file
revision = "6c1f0a92be37"
down_revision = "4b0c7f19de62"
branch_labels = None
depends_on = None

BATCH = 1000
MOMENT = sa.DateTime(timezone=True)
WORDS = (
    "'  ' || {0}email_key || '  '"
    " || replace({0}first_name_key || ' ' || {0}last_name_key, ' ', '  ')"
)
TRIGRAMS = """
CREATE FUNCTION customer_trigrams(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT array_agg(DISTINCT substr(words, place, 3))
    FROM generate_series(1, char_length(words) - 2) AS place
$$
"""
PARTIAL = {"locked": "locked_at IS NOT NULL", "anonymized": "anonymized_at IS NOT NULL"}
SORTED = {"created_at": "created_at", "locale": "locale"}
# Anonymized customers are alike in these: a list that leaves them out must not read past all of them.
SORTED_WHILE_PRESENT = {
    "email_key": "email_key",
    "first_name_key": "first_name_key",
    "last_name_key": "last_name_key",
    "registered_at": sa.text("coalesce(registered_at, 'infinity')"),
}
PRESENT = sa.text("anonymized_at IS NULL")


def upgrade() -> None:
    """Add the columns, fill them in batches, and index them."""
    dialect = op.get_bind().dialect.name
    collation = "C" if dialect == "postgresql" else None
    if dialect == "postgresql":
        for column, length in (("reference", 64), ("email_key", 320)):
            op.execute(f'ALTER TABLE customers ALTER {column} TYPE varchar({length}) COLLATE "C"')
    for column in ("first_name_key", "last_name_key"):
        kind = sa.String(200, collation=collation)
        op.add_column("customers", sa.Column(column, kind, nullable=False, server_default=""))
    op.add_column("customers", sa.Column("locked_at", MOMENT, nullable=True))
    op.add_column("customers", sa.Column("lock_reason", sa.String(length=255), nullable=True))
    fill(op.get_bind())
    for name, condition in PARTIAL.items():
        where = sa.text(condition)
        op.create_index(
            f"ix_customers_{name}",
            "customers",
            ["id"],
            postgresql_where=where,
            sqlite_where=where,
        )
    for name, expression in SORTED.items():
        op.create_index(f"ix_customers_{name}", "customers", [expression, "id"])
    for name, expression in SORTED_WHILE_PRESENT.items():
        op.create_index(
            f"ix_customers_{name}",
            "customers",
            [expression, "id"],
            postgresql_where=PRESENT,
            sqlite_where=PRESENT,
        )
    if dialect == "postgresql":
        op.execute(TRIGRAMS)
        op.execute(
            "CREATE INDEX ix_customers_trigrams ON customers "
            f"USING gin (customer_trigrams({WORDS.format('')})) "
            "WITH (fastupdate = on, gin_pending_list_limit = 256)"
        )
    else:
        index_words()


def downgrade() -> None:
    """Drop what was added."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_customers_trigrams", "customers")
        op.execute("DROP FUNCTION customer_trigrams(text)")
    else:
        for name in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER customer_search_{name}")
        op.drop_table("customer_search")
    for name in (*SORTED, *SORTED_WHILE_PRESENT, *PARTIAL):
        op.drop_index(f"ix_customers_{name}", "customers")
    for column in ("lock_reason", "locked_at", "last_name_key", "first_name_key"):
        op.drop_column("customers", column)
    if op.get_bind().dialect.name == "postgresql":
        for column, length in (("reference", 64), ("email_key", 320)):
            op.execute(
                f'ALTER TABLE customers ALTER {column} TYPE varchar({length}) COLLATE "default"'
            )


def index_words() -> None:
    """Create SQLite's index, and the triggers that keep it."""
    op.execute(
        "CREATE VIRTUAL TABLE customer_search USING fts5(words, content='', tokenize='trigram')"
    )
    op.execute(
        f"INSERT INTO customer_search (rowid, words) SELECT id, {WORDS.format('')} FROM customers"
    )
    add = f"INSERT INTO customer_search (rowid, words) VALUES (new.id, {WORDS.format('new.')});"
    remove = (
        "INSERT INTO customer_search (customer_search, rowid, words) "
        f"VALUES ('delete', old.id, {WORDS.format('old.')});"
    )
    op.execute(f"CREATE TRIGGER customer_search_insert AFTER INSERT ON customers BEGIN {add} END")
    op.execute(
        "CREATE TRIGGER customer_search_update "
        "AFTER UPDATE OF email_key, first_name_key, last_name_key ON customers "
        f"WHEN {WORDS.format('old.')} <> {WORDS.format('new.')} BEGIN {remove} {add} END"
    )
    op.execute(
        f"CREATE TRIGGER customer_search_delete AFTER DELETE ON customers BEGIN {remove} END"
    )


def fill(connection: sa.Connection) -> None:
    """Give the names of all customers their normal forms."""
    customers = sa.table(
        "customers",
        *(sa.column(it) for it in ("id", "first_name", "last_name")),
        *(sa.column(it) for it in ("first_name_key", "last_name_key")),
    )
    page = (
        sa.select(customers.c.id, customers.c.first_name, customers.c.last_name)
        .where(customers.c.id > sa.bindparam("last"))
        .order_by(customers.c.id)
        .limit(BATCH)
    )
    change = (
        sa.update(customers)
        .where(customers.c.id == sa.bindparam("of"))
        .values(first_name_key=sa.bindparam("first"), last_name_key=sa.bindparam("family"))
    )
    last = 0
    while rows := connection.execute(page, {"last": last}).all():
        values = [
            {"of": row.id, "first": name_key(row.first_name), "family": name_key(row.last_name)}
            for row in rows
        ]
        connection.execute(change, values)
        last = rows[-1].id


def name_key(name: str | None) -> str:
    """Return the normal form of a name as it was when this was written."""
    plain = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", (name or "")[:200]))
    folded = unicodedata.normalize("NFKC", plain).casefold()
    return re.sub(r"\s+", " ", folded).strip()[:200]
