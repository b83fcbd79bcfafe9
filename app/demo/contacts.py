"""The demo's contacts: functions of the made-up organisations. Of the others no report gives a function's address."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from app.accounts.vocabulary import Role
from app.contacts import service as contacts
from app.contacts.schemas import ContactCreate
from app.core.columns import stable_id
from app.core.db import WriteSession
from app.demo.organizations import organization_id
from app.demo.vocabulary import EXAMPLE_SOURCE

_COMMON: Final[Mapping[str, Any]] = {"languages": ["sv", "en"], "source": EXAMPLE_SOURCE}
# By key: whose it is, how many days ago it was confirmed, and what it says.
_CONTACTS: Final[Mapping[str, tuple[Role, int, Mapping[str, Any]]]] = {
    "upphandling": (
        Role.BUYER,
        40,
        {"function": "Upphandlingsenheten", "email": "upphandling@example.invalid", "phone": "0600-12 34 00"},
    ),
    "asf-samordnare": (
        Role.BUYER,
        430,
        {
            "function": "Samordnare för arbetsintegrerande sociala företag",
            "email": "socialt.foretagande@example.invalid",
            "roles": ["buyer", "support_provider"],
        },
    ),
    "foretagsradgivning": (
        Role.SUPPORT_PROVIDER,
        12,
        {
            "function": "Företagsrådgivningen",
            "email": "radgivning@example.invalid",
            "phone": "060-00 12 00",
            "areas": ["SE-22", "SE-23"],
        },
    ),
    "samordning": (
        Role.COORDINATOR,
        3,
        {"function": "Samordningen för social ekonomi", "email": "samordning@example.invalid"},
    ),
}


def contact_id(key: str) -> str:
    """Return the id of the contact `key` of the demo, the same on every node."""
    return stable_id("demo-contact", key)


def load(session: WriteSession, *, home: str, today: date) -> int:
    """Write those contacts that are not there yet, after their organisations; return how many they were."""
    written = 0
    for key, (role, days_ago, told) in _CONTACTS.items():
        if not contacts.exists(session, contact_id(key)):
            data = ContactCreate.model_validate({**_COMMON, **told, "organization_id": organization_id(role.value)})
            day = today - timedelta(days=days_ago)
            contacts.register(session, data, home=home, record_id=contact_id(key), assured_on=day)
            written += 1
    return written
