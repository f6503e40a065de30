"""The script of `helm test`, against a street of a few lines."""

import http.server
import json
import os
import subprocess
import threading

import pytest

import chart

SCRIPT = chart.CHART / "files" / "test.sh"


class Street(http.server.BaseHTTPRequestHandler):
    """Answers as storefront does. `orders` are the statuses that the next orders end with."""

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_any(self):
        state = self.server.state
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        state["calls"].append(f"{self.command} {self.path}")
        match self.command, self.path.split("/")[1:]:
            case "POST", ["auth", "login"]:
                good = json.loads(body)["password"] == ADMIN["ADMIN_PASSWORD"]
                self.answer(200 if good else 401, {"access_token": "admin.token"} if good else {"title": "no"})
            case "POST", ["auth", "guest"]:
                self.answer(201, {"access_token": "guest.token", "user": {"id": "usr_1"}})
            case "POST", ["orders"]:
                self.answer(202, {"order_id": f"ord_{len(state['calls'])}", "status": "pending", "version": 1})
            case "GET", ["orders", _]:
                self.answer(200, {"order_id": "ord_1", "status": state["orders"].pop(0) if state["orders"] else "paid", "total": 100})
            case "GET", ["products", _]:
                self.answer(200, {"product_id": "p"})
            case "POST", ["products"]:
                self.answer(201, {"product_id": json.loads(body)["product_id"]})
            case "DELETE", ["products", _]:
                self.answer(200, {})
            case _:
                self.answer(404, {})

    do_GET = do_POST = do_DELETE = handle_any

    def log_message(self, *_):
        pass


@pytest.fixture
def street():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Street)
    server.state = {"calls": [], "orders": []}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def buy(street, **env):
    full = {"PATH": os.environ["PATH"], "URL": f"http://127.0.0.1:{street.server_port}", "TIMEOUT_SECONDS": "20", "PRODUCT_ID": "", **env}
    done = subprocess.run(["sh", SCRIPT], env=full, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


ADMIN = {"ADMIN_EMAIL": "admin@example.com", "ADMIN_PASSWORD": "it'ssecret"}


def test_it_sells_a_product_of_its_own_and_takes_it_away_again(street):
    street.state["orders"] = ["pending", "cancelled", "pending", "confirmed", "paid"]
    code, said = buy(street, **ADMIN)
    assert code == 0 and "is paid" in said, said
    assert street.state["calls"][0] == "POST /auth/login" and street.state["calls"][-1].startswith("DELETE /products/helm_test_")
    assert street.state["calls"].count("POST /orders") == 2


def test_it_buys_the_product_that_it_is_told_to_without_an_administrator(street):
    code, said = buy(street, PRODUCT_ID="prod_kinoko")
    assert code == 0, said
    assert not {"POST /auth/login", "POST /products"} & set(street.state["calls"])


def test_an_order_that_is_never_paid_fails_it(street):
    street.state["orders"] = ["pending"] * 100
    code, said = buy(street, PRODUCT_ID="prod_kinoko", TIMEOUT_SECONDS="2")
    assert code == 1 and "not paid, within 2 s" in said, said


def test_without_an_administrator_and_a_product_it_says_what_to_set(street):
    code, said = buy(street)
    assert code == 1 and "tests.productId" in said


def test_a_wrong_password_fails_it(street):
    code, said = buy(street, ADMIN_EMAIL="admin@example.com", ADMIN_PASSWORD="wrong")
    assert code == 1 and "could not sign in" in said
