"""The tables of the loyalty program."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table

metadata = MetaData()
cards = Table(
    "loyalty_cards",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer_id", BigInteger, nullable=False, index=True),
    Column("holder", String(200)),
    Column("holder_email", String(320)),
    Column("points", Integer, nullable=False),
)
"""A card, and the points that are owed to whoever holds it."""
