"""What is written to and read from accounts."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from app.accounts.vocabulary import Digest, Place, Role, Scope
from app.core.schema import KeptLine, SchemaIn, SchemaOut
from app.reference.fields import AreaCode


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
