"""Runs MiniStack so that no web page can use it.

MiniStack asks nobody for credentials and lets the scripts of every origin read and write (CORS "*"), while the developer
visits web pages beside it. Programs that speak to AWS send none of the headers by which a browser says whose page asks.
Refused with 403, before MiniStack sees it:

- a `Host` that is a name other than localhost: a page can have the name of its own site resolved to this machine
  (DNS rebinding), and is then of the same origin;
- an `Origin` on another machine;
- what a page of another site asks for without `Origin`, as an image or a link does: a GET may send a message.

And it mends one thing: what a PartiQL INSERT writes is a change as any other, so it comes into the table's stream and its
capture. MiniStack tells of it nowhere.
"""

import ipaddress
from urllib.parse import urlsplit

import ministack.app
from ministack.services import dynamodb

served = ministack.app.app


def of_this_machine(authority):
    """Whether a host, with a port or not, is an address or a name that no DNS server is asked for."""
    try:
        name = (urlsplit("//" + authority).hostname or "").removesuffix(".")
    except ValueError:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def may_pass(headers):
    origin = headers.get("origin")
    if not of_this_machine(headers.get("host", "")):
        return False
    if origin is None:
        return headers.get("sec-fetch-site", "none") != "cross-site"
    scheme, _, authority = origin.partition("://")
    return scheme in ("http", "https") and of_this_machine(authority)


async def app(scope, receive, send):
    if scope["type"] in ("http", "websocket"):
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if not may_pass(headers):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close"})
                return
            kind = [(b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 403, "headers": kind})
            await send({"type": "http.response.body", "body": b"not for web pages of other sites\n"})
            return
    await served(scope, receive, send)


insert = dynamodb._partiql_insert


def insert_and_tell(table, parsed):
    answer = insert(table, parsed)
    if answer[0] == 200:
        item = parsed["item"]
        item = item["M"] if set(item) == {"M"} else item
        dynamodb._emit_stream_event(parsed["table"], "INSERT", None, item)
    return answer


dynamodb._partiql_insert = insert_and_tell
ministack.app.app = app
ministack.app.main()
