"""Tables of the sync: every record that travels as it was sent, how buckets add up, peers and runs."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index
from sqlmodel import Field, SQLModel

from app.core.clock import now
from app.core.columns import state_column
from app.sync.vocabulary import PeerState, RecordState, Verdict


class SyncRecord(SQLModel, table=True):
    """One record that travels, own or another's: verbatim as its home says it. The rooms' tables follow from it.

    A number belongs to one record of a home. The database is not told so: a home that was put back from a backup and
    numbers anew what others have read before is mended record by record, and holds two of a number meanwhile.
    """

    __tablename__ = "sync_record"
    __table_args__ = (
        Index(None, "home", "seq"),
        Index(None, "home", "type", "bucket"),
        Index(None, "state", "home"),
    )

    home: str = Field(primary_key=True, max_length=64)
    type: str = Field(primary_key=True, max_length=64)
    id: str = Field(primary_key=True, max_length=36)
    bucket: int
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    rev: int
    method: str = Field(max_length=8)
    dataschema: str = Field(max_length=64)
    hash: str = Field(max_length=64)
    time: str = Field(max_length=40, description="When it was changed at its home, in its words")
    payload: str = Field(default="", description="Canonical JSON, verbatim; empty for a tombstone")
    state: RecordState = Field(sa_column=state_column(RecordState))
    fault: str | None = Field(default=None, max_length=500, description="Why it is not in the ordinary tables")


class SyncBucket(SQLModel, table=True):
    """How many records of a home and type fall into a bucket, and the sum of their hashes; tombstones are not in it."""

    __tablename__ = "sync_bucket"

    home: str = Field(primary_key=True, max_length=64)
    type: str = Field(primary_key=True, max_length=64)
    bucket: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    count: int
    sum: str = Field(max_length=64, description="Modulo 2^256, in hex")


class SyncSelf(SQLModel, table=True):
    """One row: what this node is to others."""

    __tablename__ = "sync_self"

    id: int = Field(primary_key=True)
    key_seeds: list[str] = Field(
        sa_column=Column(JSON, nullable=False), description="What keys are made of with the node's secret, newest first"
    )
    key_changes: int = Field(default=0, description="How often a key was made or dropped since the first")
    purged_through: int = Field(
        default=0, sa_column=Column(BigInteger, nullable=False), description="Tombstones up to here are forgotten"
    )
    is_restored: bool = Field(
        default=False, description="Put back from a backup, and peers have not told yet what they hold of its records"
    )


class SyncPeer(SQLModel, table=True):
    """A node that this one reads from and is read by; an operator wrote it down."""

    __tablename__ = "sync_peer"

    id: str = Field(primary_key=True, max_length=64)
    url: str = Field(max_length=2048)
    name: str = Field(max_length=200)
    state: PeerState = Field(sa_column=state_column(PeerState))
    may_be_private: bool = Field(default=False, description="Its address may lie in a private network")
    public_keys: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False), description="Ed25519, Base64, by id")
    token_hashes: list[str] = Field(sa_column=Column(JSON, nullable=False), description="What it calls with, hashed")
    token_seed: str = Field(max_length=64, description="What our token for it is made of, with the node's secret")
    issue: int = Field(
        default=0, sa_column=Column(BigInteger, nullable=False), description="Of its newest introduction; 0: none told"
    )
    added_at: datetime = Field(default_factory=now)
    # As a home that we read from:
    fence: int = Field(default=0, description="Grows with each run; a page of an older run is not written")
    held_until: datetime | None = Field(default=None, description="The lease of the run that reads from it now")
    holder: str | None = Field(default=None, max_length=200, description="The machine and the process of that run")
    generation: int = Field(default=0)
    cursor: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    head: int = Field(default=0, sa_column=Column(BigInteger, nullable=False), description="Its newest number")
    run_id: str = Field(default="", max_length=36, description="The last run that it has acknowledged")
    verified_at: datetime | None = Field(default=None)
    failures: int = Field(default=0, description="Runs that failed in a row")
    fault: str | None = Field(default=None, max_length=500)
    deletions_allowed: bool = Field(default=False, description="The operator lets one storm of deletions through")
    # As one that reads from us:
    acked_run: str = Field(default="", max_length=36)
    acked_cursor: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    acked_at: datetime | None = Field(default=None)


class SyncRun(SQLModel, table=True):
    """One reading of one peer."""

    __tablename__ = "sync_run"
    __table_args__ = (Index(None, "peer", "started_at"),)

    id: str = Field(primary_key=True, max_length=36)
    peer: str = Field(max_length=64)
    started_at: datetime = Field(default_factory=now)
    ended_at: datetime | None = Field(default=None)
    cursor_from: int = Field(sa_column=Column(BigInteger, nullable=False))
    cursor_to: int = Field(sa_column=Column(BigInteger, nullable=False))
    pages: int = Field(default=0)
    put: int = Field(default=0)
    deleted: int = Field(default=0)
    unchanged: int = Field(default=0)
    parked: int = Field(default=0)
    quarantined: int = Field(default=0)
    bytes: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    verdict: Verdict | None = Field(default=None, sa_column=state_column(Verdict, nullable=True))
    fault: str | None = Field(default=None, max_length=500)
