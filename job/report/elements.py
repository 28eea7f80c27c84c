"""HTML as elements, so that whatever users wrote is text in them and never markup."""

from xml.etree.ElementTree import Element, tostring

Child = Element | str


def tag(name: str, *children: Child, **attributes: str) -> Element:
    """Return an element; ``class_`` and ``for_`` stand for the words Python keeps, ``data_x`` for ``data-x``."""
    found = Element(name, {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()})
    for child in children:
        if isinstance(child, str):
            _add_text(found, child)
        else:
            found.append(child)
    return found


def markup(*elements: Element) -> str:
    """Return elements as HTML, everything in them escaped."""
    return "\n".join(tostring(element, encoding="unicode", method="html") for element in elements)


def facts(pairs: dict[str, str]) -> Element:
    """Return names with their values; empty values are left out."""
    listed = tag("dl", class_="facts")
    for name, value in pairs.items():
        if value:
            listed.extend((tag("dt", name), tag("dd", value)))
    return listed


def code(text: str) -> Element:
    """Return a block of code with a button that copies it."""
    return tag("pre", tag("code", text), tag("button", "copy", type="button", class_="copy"))


def _add_text(element: Element, text: str) -> None:
    legal = "".join(letter if letter >= " " or letter in "\n\t" else "�" for letter in text)
    if len(element):
        element[-1].tail = (element[-1].tail or "") + legal
    else:
        element.text = (element.text or "") + legal
