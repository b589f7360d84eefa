"""The functions that the installed headers declare, as (header, line number, name, the line above)."""
import re

import tree

HEADERS = "capi/include/tapeloop/"
NAME = re.compile(r"\b(tl_\w+)\s*\(")


def headers():
    return [n for n in tree.files() if n.startswith(HEADERS) and n.endswith(".h")]


def declared():
    for header in headers():
        lines = tree.text(header).splitlines()
        for i, line in enumerate(lines):
            if not line.startswith("TL_API"):
                continue
            name = NAME.search(" ".join(lines[i:i + 2]))
            yield header, i + 1, name.group(1) if name else None, lines[i - 1] if i else ""
