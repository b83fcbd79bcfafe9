"""Searches that found nobody: what was understood of them, never what was written."""

from datetime import date

from sqlalchemy import Column, Date
from sqlmodel import Field, SQLModel


class MissedSearch(SQLModel, table=True):
    """How often, on one day, one need was searched for in one area without anybody being found.

    Empty text where the search named no need that we know, or no area; never a word that somebody wrote.
    """

    __tablename__ = "missed_search"

    day: date = Field(sa_column=Column(Date, primary_key=True))
    need: str = Field(primary_key=True, max_length=64)
    area: str = Field(primary_key=True, max_length=8)
    count: int
