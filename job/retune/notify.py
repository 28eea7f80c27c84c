"""What a retune came to, sent to webhooks and a Prometheus Pushgateway, whose URLs are in the environment alone.

A receiver that is down is tried again and told of, and neither blocks nor fails the retune: all is stored by then.
"""

import json
import math
import os
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from job.results.line import legal
from job.retune.record import CHANGED, Record
from job.retune.why import brief
from job.study.study import Notice

TRIES = 3
TIMEOUT = 5.0
"""Seconds for one answer; so a receiver that never answers holds a retune up for twenty."""
_FAULTS = (OSError, HTTPException)  # URLError, timeouts and refused connections are OSErrors
_VERDICT = "tunejob_retune_verdict"
_SOUND = ("first", "promoted", "kept", "refreshed", "unchanged")


def send(notices: Sequence[Notice], record: Record, say: Callable[[str], None], tries: int = TRIES) -> None:
    """Tell every receiver; say which could not be told, without its URL.

    Args:
        notices: the study's ``retune.notify``.
        record: what the retune came to.
        say: takes a sentence for whoever follows.
        tries: of each receiver.
    """
    for one in notices:
        name = one.webhook or one.pushgateway or ""
        if why := _sent(one, os.environ.get(name, ""), record, tries):
            say(f"notify: {name} was not told what the retune came to: {why}")


def _sent(notice: Notice, url: str, record: Record, tries: int) -> str:
    """Why a receiver could not be told; "" where it was."""
    if not url.strip():
        return "it is not set"
    try:
        url, identity = _parted(url.strip())
    except ValueError:  # whose text may hold the URL
        return "that variable holds no http:// or https:// URL where the retune runs"
    kind, body = _webhook(notice.form, record) if notice.webhook else ("text/plain; version=0.0.4", metrics(record))
    if notice.pushgateway:
        url = f"{url.rstrip('/')}/metrics/job/tunejob/study/{quote(record.study, safe='')}"
    request = Request(url, body.encode(), {"Content-Type": kind, **identity}, method="POST")  # noqa: S310  # http(s), see above
    retrying = Retrying(
        stop=stop_after_attempt(tries),
        wait=wait_exponential(multiplier=0.5, max=4),
        retry=retry_if_exception_type(_FAULTS),
        reraise=True,
    )
    try:
        retrying(_post, request)
    except HTTPError as error:
        moved = ", which is to another address: give that one" if error.code in range(300, 400) else ""
        return f"it answered {error.code}{moved}, {_times(tries)}"
    except (*_FAULTS, ValueError) as error:  # whose text may hold the URL
        return f"{type(error).__name__}, {_times(tries)}"
    return ""


def _parted(url: str) -> tuple[str, dict[str, str]]:
    """A URL without the name and password in it, and the header that tells these; raises ValueError for no URL."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(one.isspace() for one in url):
        raise ValueError("no URL")
    if parts.username is None:
        return url, {}
    who = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return bare, {"Authorization": f"Basic {b64encode(who).decode()}"}


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


class _Staying(HTTPRedirectHandler):
    """Goes nowhere else: what was POSTed would be GET there, without its body, and with what identifies us here."""

    def redirect_request(self, *_: object) -> None:
        """A redirect is an answer like any other that is not a success."""


_opener = build_opener(_Staying)


def _post(request: Request) -> None:
    try:
        with _opener.open(request, timeout=TIMEOUT) as answer:
            answer.read(1024)
    except HTTPError as error:
        error.close()  # it holds the connection
        raise


def sentence(record: Record) -> str:
    """Return what a person reads in a chat."""
    score = "" if record.score is None else f" ({record.metric} {record.score:.4g})"
    return f"tunejob: the retune of {record.study} came to: {record.verdict}{score}. {brief(record.why)}"


def _webhook(form: str, record: Record) -> tuple[str, str]:
    """The content type and the body of a webhook."""
    values = legal(record.model_dump(mode="json", exclude={"profile"}) | {"why": brief(record.why)})
    if form in ("text", "slack"):
        said = sentence(record)
        return "application/json", json.dumps({"text": _for_slack(said) if form == "slack" else said})
    if form == "teams":
        return "application/json", json.dumps(_for_teams(sentence(record)))
    if form == "cloudevents":
        event = {  # of an id of its own, as one retune may be told twice: incomplete, then done
            "specversion": "1.0",
            "id": f"{record.name}/{record.verdict}/{record.when}",
            "source": f"/tunejob/{record.study}",
            "type": "tunejob.retune",
            "subject": record.verdict,
            "time": record.when,
            "datacontenttype": "application/json",
            "data": values,
        }
        return "application/cloudevents+json", json.dumps(event)
    return "application/json", json.dumps({"text": sentence(record), **values})


def _for_slack(text: str) -> str:
    """As Slack has it written: else what an exception says in angle brackets calls a whole channel, or is a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _for_teams(text: str) -> dict[str, Any]:
    """A message with a card, as a workflow of Teams takes it; its text is no Markdown."""
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text}]}],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


def metrics(record: Record) -> str:
    """Return a retune as Prometheus's text; a failed one leaves the last success's time as it is, by being POSTed."""
    verdict = f'{{verdict="{record.verdict}"}}'
    return "".join(
        f"# HELP {name} {told}\n# TYPE {name} gauge\n{name}{verdict * (name == _VERDICT)} {value!r}\n"
        for name, told, value in _gauges(record)
    )


def _gauges(record: Record) -> Iterator[tuple[str, str, float]]:
    when = datetime.fromisoformat(record.when).astimezone(UTC).timestamp()
    succeeded = record.verdict in _SOUND
    yield _VERDICT, "What the last retune came to, as its label.", 1.0
    yield "tunejob_retune_last_time_seconds", "When the last retune ended.", when
    yield "tunejob_retune_duration_seconds", "How long it took, from when whoever ended it began.", record.took
    yield "tunejob_retune_succeeded", "Whether the last retune came to a decision.", float(succeeded)
    yield (
        "tunejob_retune_changed",
        "Whether the last retune put another model in use.",
        float(record.verdict in CHANGED),
    )
    if not succeeded:
        return
    yield "tunejob_retune_last_success_time_seconds", "When the last retune ended that came to a decision.", when
    yield "tunejob_retune_training_seconds", "What its fits took, summed.", record.seconds
    yield "tunejob_retune_fits_trained", "How many fits it trained.", float(record.fits)
    yield "tunejob_retune_fits_reused", "How many fits earlier runs had trained.", float(record.reused)
    if record.score is not None and math.isfinite(record.score):
        yield "tunejob_retune_score", "The mean score of what is in use.", record.score
    if record.evidence is not None:
        yield "tunejob_retune_difference", "The challenger's mean score less the champion's.", record.evidence.mean
