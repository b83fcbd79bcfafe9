"""Letters written out: a template and values become a message in the reader's language."""

import re
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from typing import Any, Final

from babel.dates import format_date
from babel.dates import format_datetime as babel_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from app.core.clock import zone
from app.core.i18n import Texts, texts
from app.mail.rules import Stops, address_hash, stop_token
from app.mail.vocabulary import DIGESTS, INVITATIONS, TEMPLATES, Parcel, Sender

_LOCALES: Final = {"sv": "sv_SE", "nb": "nb_NO", "en": "en_GB"}
_LAYOUT: Final = "layout.txt"
_ADDRESS_IN_TEXT: Final = re.compile(r"https?://[^\s<>]+")


def written_out(parcel: Parcel, sender: Sender, *, at: datetime, secret: bytes) -> EmailMessage:
    """Return the message that is sent at `at`: plain text, and the same as simple HTML.

    `secret` signs the link that stops letters of this kind. The message's id is the letter's own, whenever it is sent.

    Raises:
        jinja2.TemplateError: the template asks for something that the values do not hold.
        ValueError: a header would hold a line break.
    """
    stop = _stop_link(parcel, sender, secret)
    subject, text = in_words(parcel, sender, secret=secret)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=sender.name, addr_spec=sender.address)
    message["To"] = parcel.address
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = parcel.message_id
    # RFC 3834: nobody's holiday answer comes back.
    message["Auto-Submitted"] = "auto-generated"
    if stop:
        message["List-Unsubscribe"] = f"<{stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(_as_html(text, parcel.language), subtype="html", cte="quoted-printable")
    # After the parts: what is said of the content before would be moved into the first of them.
    message["Content-Language"] = parcel.language
    return message


def in_words(parcel: Parcel, sender: Sender, *, secret: bytes) -> tuple[str, str]:
    """Return the subject and the text of a letter. Raises as `written_out`."""
    say = texts(parcel.language)
    return _subject(parcel, say), _text(parcel, sender, say, _stop_link(parcel, sender, secret))


def message_id(letter_id: str, sender: Sender) -> str:
    """Return the id of a letter's message, which it keeps however often it is sent (RFC 5322, 3.6.4)."""
    return f"<{letter_id}@{sender.domain}>"


def _subject(parcel: Parcel, say: Texts) -> str:
    # Only numbers: a text that somebody wrote is not even known here, so no header can hold one.
    numbers = {name: value for name, value in parcel.values.items() if isinstance(value, int)}
    subject, _body = _templates(parcel.template)
    written = subject.render(numbers, t=say, plural=say.plural)
    if written.splitlines() != [written] or not written.strip():
        raise ValueError("the subject of a letter is one line")
    return written.strip()


def _text(parcel: Parcel, sender: Sender, say: Texts, stop: str) -> str:
    def link(path: str) -> str:
        """Return the absolute address of one of our pages, in the reader's language."""
        return f"{sender.base_url.rstrip('/')}/{parcel.language}{path}"

    shared = {"t": say, "plural": say.plural, "link": link, "language": parcel.language, "node": sender.name}
    _subject_line, body = _templates(parcel.template)
    written = body.render(parcel.values, **shared).strip()
    digest = parcel.template in DIGESTS
    whole = _environment().get_template(_LAYOUT).render(shared, body=written, stop=stop, digest=digest)
    # What is left out leaves no hole.
    return re.sub(r"\n{3,}", "\n\n", whole).strip() + "\n"


def _stop_link(parcel: Parcel, sender: Sender, secret: bytes) -> str:
    """Return the address that stops letters of this kind with one click; empty for a letter that comes only once."""
    if parcel.template in DIGESTS and parcel.person_id:
        token = stop_token(secret, Stops.DIGEST, parcel.person_id)
    elif parcel.template in INVITATIONS:
        token = stop_token(secret, Stops.INVITATIONS, address_hash(secret, parcel.address))
    else:
        return ""
    return f"{sender.base_url.rstrip('/')}/{parcel.language}/unsubscribe/{token}"


def _as_html(text: str, language: str) -> str:
    """Return the text as HTML: paragraphs, line breaks and links, and nothing else that a mail program could hide."""
    paragraphs = [Markup("<br>\n").join(map(_linked, part.split("\n"))) for part in text.strip().split("\n\n")]
    body = Markup("\n").join(Markup("<p>{}</p>").format(one) for one in paragraphs)
    return str(
        Markup(
            '<!doctype html>\n<html lang="{}"><head><meta charset="utf-8"><title></title></head>\n'
            '<body style="font-family: sans-serif; line-height: 1.5; max-width: 40em">\n{}\n</body></html>\n'
        ).format(language, body)
    )


def _linked(line: str) -> Markup:
    written, end = Markup(), 0
    for found in _ADDRESS_IN_TEXT.finditer(line):
        written += escape(line[end : found.start()]) + Markup('<a href="{0}">{0}</a>').format(found[0])
        end = found.end()
    return written + escape(line[end:])


@cache
def _templates(name: str) -> tuple[Template, Template]:
    """Return the subject and the body of a letter."""
    subject, _, body = (TEMPLATES / f"{name}.txt").read_text("utf-8").partition("\n")
    return _environment().from_string(subject), _environment().from_string(body)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        # Plain text: nothing in it is markup. The HTML is made from it, and escaped there.
        autoescape=False,  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": _day, "day_and_time": _day_and_time}
    return environment


def _day(value: str, language: str) -> str:
    """Return a date that is kept as 2026-11-21, written out in the reader's language."""
    return format_date(date.fromisoformat(value[:10]), "long", locale=_LOCALES[language])


def _day_and_time(value: str, language: str, country: str = "SE") -> str:
    """Return an instant that is kept in ISO 8601, in the country's own time."""
    there: Any = datetime.fromisoformat(value).astimezone(zone(country))
    return babel_datetime(there, "d MMMM y HH:mm", locale=_LOCALES[language])
