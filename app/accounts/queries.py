"""What accounts ask the database. Each function returns a Select; nothing runs here."""

from sqlalchemy import Select, select
from sqlmodel import col

from app.accounts.tables import ApiKey


def by_hash(key_hash: str) -> Select[ApiKey]:
    """Select the key with this keyed hash."""
    return select(ApiKey).where(col(ApiKey.key_hash) == key_hash)


def of_organization(organization_id: str | None) -> Select[ApiKey]:
    """Select the keys of one organisation, or of all, newest first."""
    wanted = select(ApiKey).order_by(col(ApiKey.created_at).desc(), col(ApiKey.id))
    return wanted.where(col(ApiKey.organization_id) == organization_id) if organization_id else wanted
