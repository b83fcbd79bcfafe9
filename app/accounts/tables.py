"""Tables of accounts: keys, kept answers, people with their places, sessions and codes, and links that open once."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String
from sqlmodel import Field, SQLModel

from app.accounts.vocabulary import Digest, Role
from app.core.clock import now
from app.core.columns import id_column, new_id, state_column


def _of_person() -> Column[str]:
    """Return a reference to a person: what belongs to one who is erased goes too."""
    return Column(String(36), ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True)


class ApiKey(SQLModel, table=True):
    """A key of a machine. Only its keyed hash is here: whoever reads the database has no key."""

    __tablename__ = "api_key"

    id: str = Field(default_factory=new_id, sa_column=id_column())
    name: str = Field(max_length=300)
    hint: str = Field(max_length=16)
    key_hash: str = Field(max_length=64, unique=True)
    organization_id: str = Field(max_length=36, index=True)
    role: Role = Field(sa_column=state_column(Role))
    scopes: str = Field(max_length=500, description="Separated by spaces")
    region: str | None = Field(default=None, max_length=8)
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime
    revoked_at: datetime | None = Field(default=None)
    last_used_at: datetime | None = Field(default=None)


class KeptAnswer(SQLModel, table=True):
    """The answer to a request that had an `Idempotency-Key`, written in the transaction of what the request did."""

    __tablename__ = "kept_answer"

    organization_id: str = Field(primary_key=True, max_length=36)
    idempotency_key: str = Field(primary_key=True, max_length=255)
    request_hash: str = Field(max_length=64)
    status: int
    headers: str = Field(max_length=4000, description="JSON")
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(default_factory=now, index=True)


class Person(SQLModel, table=True):
    """Somebody who can sign in. The e-mail address is here and nowhere else; whoever is erased leaves no row."""

    __tablename__ = "person"

    id: str = Field(default_factory=new_id, sa_column=id_column())
    email: str = Field(max_length=320, unique=True, description="In small letters")
    password_hash: str = Field(max_length=255)
    language: str = Field(max_length=3)
    digest: Digest = Field(sa_column=state_column(Digest))
    created_at: datetime = Field(default_factory=now)
    signed_in_at: datetime | None = Field(default=None)
    disabled_at: datetime | None = Field(default=None)


class Membership(SQLModel, table=True):
    """What a person is in an organisation; `manages` gives its people and keys into the person's hands."""

    __tablename__ = "membership"

    id: str = Field(default_factory=new_id, sa_column=id_column())
    person_id: str = Field(sa_column=_of_person())
    organization_id: str = Field(max_length=36, index=True)
    role: Role = Field(sa_column=state_column(Role))
    region: str | None = Field(default=None, max_length=8)
    manages: bool = Field(default=False)
    created_at: datetime = Field(default_factory=now)
    ended_at: datetime | None = Field(default=None)


class Invitation(SQLModel, table=True):
    """A link that makes a person a member, once and for a while. Only its keyed hash is here."""

    __tablename__ = "invitation"

    id: str = Field(default_factory=new_id, sa_column=id_column())
    token_hash: str = Field(max_length=64, unique=True)
    email: str = Field(max_length=320, index=True)
    organization_id: str = Field(max_length=36, index=True)
    role: Role = Field(sa_column=state_column(Role))
    region: str | None = Field(default=None, max_length=8)
    manages: bool = Field(default=False)
    language: str = Field(max_length=3)
    invited_by: str | None = Field(default=None, max_length=36)
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime
    accepted_at: datetime | None = Field(default=None)
    revoked_at: datetime | None = Field(default=None)


class PasswordReset(SQLModel, table=True):
    """A link that sets a new password, once and for a while. Only its keyed hash is here."""

    __tablename__ = "password_reset"

    id: str = Field(default_factory=new_id, sa_column=id_column())
    token_hash: str = Field(max_length=64, unique=True)
    person_id: str = Field(sa_column=_of_person())
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime
    used_at: datetime | None = Field(default=None)


class LoginSession(SQLModel, table=True):
    """A person's session in one browser. The cookie holds the token, this its keyed hash."""

    __tablename__ = "login_session"

    id: str = Field(default_factory=new_id, sa_column=id_column())
    token_hash: str = Field(max_length=64, unique=True)
    person_id: str = Field(sa_column=_of_person())
    membership_id: str | None = Field(default=None, max_length=36)
    device: str = Field(max_length=100, description="Which browser, in a few words")
    created_at: datetime = Field(default_factory=now)
    seen_at: datetime = Field(default_factory=now)
    expires_at: datetime
    ended_at: datetime | None = Field(default=None)


class TwoStep(SQLModel, table=True):
    """That a person is asked for a code after the password: the seed of the app's secret, never the secret itself."""

    __tablename__ = "two_step"

    person_id: str = Field(sa_column=Column(String(36), ForeignKey("person.id", ondelete="CASCADE"), primary_key=True))
    seed: str = Field(max_length=64)
    begun_at: datetime = Field(default_factory=now)
    begun_in: str = Field(max_length=36, description="The session that sees the secret until it is confirmed")
    confirmed_at: datetime | None = Field(default=None, description="None: nothing is asked yet")
    last_step: int = Field(default=0, description="The step of the last code that was accepted")


class RecoveryCode(SQLModel, table=True):
    """A code for somebody without the phone, good once. Only its keyed hash is here."""

    __tablename__ = "recovery_code"

    id: str = Field(default_factory=new_id, sa_column=id_column())
    person_id: str = Field(sa_column=_of_person())
    code_hash: str = Field(max_length=64)
    used_at: datetime | None = Field(default=None)


class SignInChallenge(SQLModel, table=True):
    """A password that was right, waiting for its code in one browser. The cookie holds the token, this its hash."""

    __tablename__ = "sign_in_challenge"

    id: str = Field(default_factory=new_id, sa_column=id_column())
    token_hash: str = Field(max_length=64, unique=True)
    person_id: str = Field(sa_column=_of_person())
    attempt: str = Field(max_length=200, description="What was counted for the password, separated by spaces")
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime


class Attempt(SQLModel, table=True):
    """One attempt to sign in or to be sent a link, counted for a while by whom it names and where it comes from."""

    __tablename__ = "attempt"
    __table_args__ = (Index(None, "kind", "subject", "at"),)

    id: str = Field(default_factory=new_id, sa_column=id_column())
    kind: str = Field(max_length=32)
    subject: str = Field(max_length=64, description="Keyed hash: neither address nor e-mail is here")
    at: datetime = Field(default_factory=now)
