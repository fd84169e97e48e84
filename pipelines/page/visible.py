"""Text from outside as the page shows it: a character that would not be seen, or would move others, is named. Pure."""

from __future__ import annotations

import re

from markupsafe import Markup, escape


def visible(value: object) -> object:
    """*value*; of a text every control, bidirectional, invisible or lone surrogate character as `⟨U+202E⟩`.

    Numbers, and markup that is made here, pass as they are.
    """
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "".join(letter if letter.isprintable() else f"⟨U+{ord(letter):04X}⟩" for letter in value)


def breakable(name: object) -> Markup:
    """A name of ours or of the API's, escaped, that a narrow column breaks between its words and not within one."""
    return Markup("<wbr>").join(escape(visible(word)) for word in re.split(r"(?<=[_.])(?![_.])", f"{name}"))
