"""What is written to and read from accounts."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from app.accounts.vocabulary import Digest, Place, Role, Scope
from app.core.schema import KeptLine, SchemaIn, SchemaOut, composed
from app.reference.fields import AreaCode

# The shape that browsers ask of an address; a line break has no place in it, so none gets into a letter's head.
LoginAddress = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        max_length=320,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}$",
    ),
    BeforeValidator(composed),
]


class KeyCreate(SchemaIn):
    """A new key. Without scopes it opens what its role has a use for."""

    name: KeptLine = Field(min_length=2, description="What uses it, for instance the name of a system")
    organization_id: Annotated[str, StringConstraints(max_length=36)]
    role: Role
    scopes: list[Scope] = Field(default=[], max_length=len(Scope))
    region: AreaCode | None = Field(default=None, description="The area that a coordinator looks after")
    days: int = Field(default=365, ge=1, le=730, description="How many days it opens anything")


class KeyRead(SchemaOut):
    """A key, without the key itself."""

    id: str
    name: str
    hint: str
    organization_id: str
    role: Role
    scopes: list[Scope]
    region: str | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class NewKey(KeyRead):
    """A key as it is shown once: nobody can read it again."""

    key: str


class SessionRead(SchemaOut):
    """A session that is alive, as its person sees it."""

    id: str
    device: str
    created_at: datetime
    seen_at: datetime
    is_this: bool


class TwoStepRead(SchemaOut):
    """Whether somebody is asked for a code after the password, as the person itself sees it."""

    on_since: datetime | None
    codes_left: int


class TwoStepSetUp(SchemaOut):
    """What an app is told, once: the secret to type, and the address to scan."""

    secret: str
    address: str


class MemberRead(SchemaOut):
    """Somebody's place in an organisation, as those who look after its people see it."""

    membership_id: str
    person_id: str
    email: str
    role: Role
    region: str | None
    manages: bool
    since: datetime
    signed_in_at: datetime | None


class PersonRead(SchemaOut):
    """Somebody who can sign in, as the person itself sees it."""

    id: str
    email: str
    language: str
    digest: Digest
    created_at: datetime
    signed_in_at: datetime | None
    disabled_at: datetime | None
    places: list[Place]


class InvitationCreate(SchemaIn):
    """Whom to invite, to which organisation, as what."""

    email: LoginAddress
    organization_id: Annotated[str, StringConstraints(max_length=36)] = ""
    role: Role
    region: AreaCode | None = Field(default=None, description="The area that a coordinator looks after")
    manages: bool = False
    language: Literal["sv", "nb", "en"] = "sv"


class InvitationRead(SchemaOut):
    """An invitation that waits, as those who look after the organisation's people see it."""

    id: str
    email: str
    organization_id: str
    role: Role
    region: str | None
    manages: bool
    language: str
    created_at: datetime
    expires_at: datetime


class NewInvitation(InvitationRead):
    """An invitation with the token of its link, for the letter, or for whoever made it at a terminal."""

    token: str
