"""How a record of the demo is told from a record that somebody has entered."""

from app.core.columns import stable_id

# Written on every made-up record, so that its page can say so; no report has this name.
EXAMPLE_SOURCE = "Exempeldata"

ENTERPRISE = "demo-enterprise"
OPPORTUNITY = "demo-opportunity"
SUPPORT_OFFER = "demo-support-offer"
NEED = "demo-need"
INVENTORY = "demo-inventory"


# What the password of a demo's login is kept as; the address has a name that no mail server has.
LOGIN = "SAMNOD_DEMO_LOGIN_"
_DOMAIN = "example.invalid"


def address_of(variable: str) -> str:
    """Return the address that signs in with the password of a variable: `…_BUYER` is `buyer@example.invalid`."""
    return f"{variable.removeprefix(LOGIN).lower()}@{_DOMAIN}"


def is_example(source: str) -> bool:
    """Tell whether a record with this source is made up."""
    return source == EXAMPLE_SOURCE


def enterprise_id(key: str) -> str:
    """Return the id of the enterprise `key` of the demo (`"E033"`, `"stadkompaniet"`), the same on every node."""
    return stable_id(ENTERPRISE, key)


def opportunity_id(key: str) -> str:
    """Return the id of the opportunity `key` of the demo, the same on every node."""
    return stable_id(OPPORTUNITY, key)


def support_offer_id(key: str) -> str:
    """Return the id of the support offer `key` of the demo (`"O001"`), the same on every node."""
    return stable_id(SUPPORT_OFFER, key)


def need_id(key: str) -> str:
    """Return the id of the need `key` of the demo (`"N001"`), the same on every node."""
    return stable_id(NEED, key)


def inventory_id(key: str) -> str:
    """Return the id of the needs inventory `key` of the demo, the same on every node."""
    return stable_id(INVENTORY, key)
