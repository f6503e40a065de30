"""Runs MiniStack so that no web page can use it.

MiniStack asks nobody for credentials and lets the scripts of every origin read and write (CORS "*"), while the developer
visits web pages beside it. Programs that speak to AWS send none of the headers by which a browser says whose page asks.
Refused with 403, before MiniStack sees it:

- a `Host` that is a name other than localhost: a page can have the name of its own site resolved to this machine
  (DNS rebinding), and is then of the same origin;
- an `Origin` on another machine;
- what a page of another site asks for without `Origin`, as an image or a link does: a GET may send a message.

And it mends two things:

- What a PartiQL INSERT writes is a change as any other, so it comes into the table's stream and its capture. MiniStack tells
  of it nowhere.
- Who waits for a message or a record gets it as soon as it is there, as on AWS. MiniStack looks every tenth of a second for
  messages, and every fifth for records that are sent to subscribers.
"""

import asyncio
import ipaddress
import sys
from urllib.parse import urlsplit

import ministack.app
from ministack.services import dynamodb, kinesis, sqs

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
        wake(headers)
        return
    await served(scope, receive, send)


# Who waits for a message in a queue, and for a record in a shard: a future each.
receivers, subscribers = set(), set()
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems", "Statement", "Transaction")


def wake(headers):
    """After a request that may have brought a message or a record, whoever waits for one looks again."""
    target = headers.get("x-amz-target", "")
    service = next(iter(headers.get("authorization", "").partition("/aws4_request")[0].split("/")[-1:]), "")
    if service in ("sns", "s3") or "SendMessage" in target or "ChangeMessageVisibility" in target:
        woken = receivers
    elif "PutRecord" in target or (service == "dynamodb" and target.endswith(WRITES)):
        woken = subscribers
    else:
        return
    for waiter in woken:
        if not waiter.done():
            waiter.set_result(None)


class Prompt:
    """`asyncio`, in which a pause between two looks for messages ends when one may have come."""

    def __getattr__(self, name):
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(seconds):
        await woken_within(receivers, (), seconds)


async def woken_within(waiters, others, seconds):
    waiter = asyncio.get_running_loop().create_future()
    waiters.add(waiter)
    try:
        return await wait({waiter, *others}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiters.discard(waiter)


def prompt_wait(others, **options):
    """`asyncio.wait`, which in a subscription ends when a record may have come. It is imported where it is called."""
    if sys._getframe(1).f_globals is vars(kinesis):
        return woken_within(subscribers, others, options.get("timeout"))
    return wait(others, **options)


wait = asyncio.wait
asyncio.wait = prompt_wait
sqs.asyncio = Prompt()

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
