"""Messages that know how to be said in another language."""

from app.core.errors import Message, in_language
from app.core.i18n import N_, texts


def test_a_message_reads_as_english():
    message = Message(N_("{value} is given twice"), value="{x}")
    assert message == "{x} is given twice"
    assert f"{message}!" == "{x} is given twice!"


def test_a_message_is_said_in_the_readers_language():
    message = Message(N_("{value} is given twice"), value="x")
    assert in_language(message, texts("en")) == "x is given twice"
    assert in_language(message, texts("sv")) == "x anges två gånger"
    assert in_language(message, texts("nb")) == "x er oppgitt to ganger"


def test_what_has_no_translation_stays_as_it_is():
    assert in_language("ett okänt {fel}", texts("sv")) == "ett okänt {fel}"
    assert in_language("", texts("sv")) == ""
