"""Why a retune came to what it did, in a line: what is told of it where there is no room for a traceback."""

_MOST = 300


def brief(why: str, most: int = _MOST) -> str:
    """Return the first line, with the second where the first announces it; cut between words where it is too long."""
    first, *others = [line.strip() for line in why.splitlines() if line.strip()] or [""]
    said = f"{first} {others[0]}" if first.endswith(":") and others else first
    if len(said) <= most:
        return said
    return f"{said[: most - 1].rsplit(maxsplit=1)[0].rstrip(' ,;:')} …"
