"""Three languages: message catalogues read from each room's own `locale/*.po`, through gettext and Babel.

The source language of a message is English; `sv.po` and `nb.po` translate it. The pages' lie in `web/locale`, and in
folders of it for groups of pages. A catalogue is compiled in memory at first use, so that there is no build step to
forget.
"""

import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("sv", "nb", "en")
DEFAULT_LANGUAGE = "sv"
_ROOT = Path(__file__).resolve().parents[2]


def N_(message: str) -> str:
    """Mark `message` for translation where it is written; it is translated where it is shown."""
    return message


class Texts:
    """The messages of one language: `texts("Up to {km} km", km=5)`."""

    def __init__(self, language: str, catalogues: list[gettext.NullTranslations]) -> None:
        self.language = language
        self._catalogues = catalogues
        self._found: dict[str, str] = {}

    def __call__(self, message: str, /, **values: object) -> str:
        """Return `message` translated, with `{name}` filled from `values`."""
        translated = self._found.get(message)
        if translated is None:
            translated = self._look_up(message)
        return translated.format(**values) if values else translated

    def _look_up(self, message: str) -> str:
        # A page says the same few hundred messages again and again. Only what a catalogue holds is kept, so that
        # text that is no message of ours can never fill the memory.
        for catalogue in self._catalogues:
            translated = catalogue.gettext(message)
            if translated != message:
                self._found[message] = translated
                return translated
        return message

    def plural(self, one: str, many: str, n: int, /, **values: object) -> str:
        """Return the form of the message that fits `n`; `{n}` is filled in."""
        source = one if n == 1 else many
        text = source
        for catalogue in self._catalogues:
            text = catalogue.ngettext(one, many, n)
            if text != source:
                break
        return text.format(n=n, **values)


@cache
def texts(language: str) -> Texts:
    """Return the messages of `language`, one of `LANGUAGES` (an unknown one is read as the default)."""
    language = language if language in LANGUAGES else DEFAULT_LANGUAGE
    files = sorted(_ROOT.glob(f"app/*/locale/{language}.po")) + sorted(_ROOT.glob(f"web/locale/**/{language}.po"))
    return Texts(language, [_compiled(path, language) for path in files])


def _compiled(path: Path, language: str) -> gettext.GNUTranslations:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def negotiate(accept_language: str | None) -> str:
    """Return the language of `LANGUAGES` that an `Accept-Language` header prefers; `no` and `nn` read nb."""
    if not accept_language:
        return DEFAULT_LANGUAGE
    wanted: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept_language.split(",")):
        tag, _, parameters = part.strip().partition(";")
        language = {"no": "nb", "nn": "nb"}.get(tag.strip().split("-")[0].lower(), tag.strip().split("-")[0].lower())
        try:
            quality = float(parameters.strip().removeprefix("q=")) if parameters else 1.0
        except ValueError:
            quality = 0.0
        if language in LANGUAGES and quality > 0:
            wanted.append((-quality, position, language))
    return min(wanted)[2] if wanted else DEFAULT_LANGUAGE
