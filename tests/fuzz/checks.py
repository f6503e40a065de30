"""What every answer of this API keeps, beyond its schema."""

import json

import schemathesis

PROBLEM = "application/problem+json"


@schemathesis.check
def errors_are_problems(ctx, response, case):
    """An error is a problem (RFC 9457) with the status that it came with; nothing is 5xx but a wait that ended."""
    status = response.status_code
    if status < 400 or case.method.upper() == "HEAD" or not response.content:
        return
    media = (response.headers.get("content-type") or [""])[0].split(";")[0]
    assert media == PROBLEM, f"{status} came as {media or 'nothing'}"
    problem = json.loads(response.content)
    assert problem["status"] == status, f"{status} says that it is {problem['status']}"
    if status >= 500:
        assert problem["type"].endswith("/not-caught-up"), f"{status} {problem['type']}"


@schemathesis.check
def an_answer_names_its_request(ctx, response, case):
    """Who reports an answer can say which."""
    assert response.headers.get("x-request-id"), "no X-Request-Id"
