"""The deployed site as visitors meet it: HTTPS through nginx, files of deploy/ only."""

from __future__ import annotations

import json
import re
import socket
import ssl

import pytest
import requests

from classifier.uploads import ENVELOPE_BYTES
from tests.deploy.stack import METRICS_TOKEN, SERVER_NAME, Stack
from tests.deploy.visitors import new_picture, predict, sign_up

pytestmark = pytest.mark.rehearsal

UPLOAD_LIMIT = 20 * 1024**2


def connect(stack: Stack, context: ssl.SSLContext) -> ssl.SSLSocket:
    raw = socket.create_connection(("127.0.0.1", stack.https_port), timeout=60)
    return context.wrap_socket(raw, server_hostname=SERVER_NAME)


def trusting(stack: Stack) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(stack.certificate))


def test_a_person_signs_up_sends_a_picture_and_finds_it_in_the_history(
    stack: Stack,
) -> None:
    browser = sign_up(stack)

    answer = predict(stack, browser).json()
    history = browser.get(f"{stack.url}/api/v1/history/").json()

    assert answer["label"] == "ai"
    assert [row["id"] for row in history["results"]] == [answer["id"]]


def test_a_program_gets_a_verdict_without_an_account(stack: Stack) -> None:
    answer = predict(stack, stack.browser())

    assert answer.status_code == 200
    assert answer.json()["ai_probability"] == round(answer.json()["ai_probability"], 2)


def test_a_preview_is_sent_by_nginx_to_its_owner(stack: Stack) -> None:
    browser = sign_up(stack)
    identity = predict(stack, browser).json()["id"]

    answer = browser.get(f"{stack.url}/submissions/{identity}/preview")

    assert answer.status_code == 200
    assert answer.content[8:12] == b"WEBP"
    assert answer.headers["ETag"], "only nginx gives one"
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("inline")


def test_a_preview_cannot_be_had_without_its_owner(stack: Stack) -> None:
    browser = sign_up(stack)
    identity = predict(stack, browser).json()["id"]
    (file, *_) = (stack.media / "previews").iterdir()
    path = f"/submissions/{identity}/preview"

    assert stack.browser().get(stack.url + path).status_code == 404
    assert sign_up(stack).get(stack.url + path).status_code == 404
    for direct in (
        f"/protected-media/previews/{file.name}",
        f"/media/previews/{file.name}",
        f"/static/../media/previews/{file.name}",
        f"/static/%2e%2e/media/previews/{file.name}",
        f"/static../media/previews/{file.name}",
    ):
        request = requests.Request("GET", stack.url + direct).prepare()
        request.url = stack.url + direct
        assert browser.send(request).status_code in (400, 404), direct


def test_the_limit_of_nginx_is_that_of_django(stack: Stack) -> None:
    config = (stack.root / "etc/nginx.d/detector.conf").read_text()

    limits = re.findall(r"client_max_body_size (\d+);", config)

    assert [int(limit) - ENVELOPE_BYTES for limit in limits] == [
        UPLOAD_LIMIT,
        20 * UPLOAD_LIMIT,
    ]


def test_a_batch_may_be_larger_than_a_single_picture(stack: Stack) -> None:
    """It passes nginx; the application alone says that an account is needed."""
    answer = stack.browser().post(
        f"{stack.url}/predict/batch", files={"files": b"0" * 30_000_000}
    )

    assert answer.status_code == 401, answer.text
    assert answer.json()["code"] == "account_needed"


def test_a_batch_over_its_limit_is_refused_by_nginx(stack: Stack) -> None:
    """By the announced length alone: the body itself is never sent."""
    with connect(stack, trusting(stack)) as client:
        client.sendall(
            b"POST /predict/batch HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n"
            b"Content-Length: 500000000\r\n\r\n"
        )
        answer = client.recv(4096).decode()

    assert " 413 " in answer.splitlines()[0]
    assert '"code": "batch_too_large"' in answer


def test_a_body_of_30_mb_is_refused_by_nginx_as_json(stack: Stack) -> None:
    answer = stack.browser().post(
        f"{stack.url}/predict", files={"file": b"0" * 30_000_000}
    )

    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["code"] == "file_too_large"
    assert "X-Request-ID" not in answer.headers, "the application never saw it"


def test_a_browser_gets_a_page_that_says_what_to_do(stack: Stack) -> None:
    answer = stack.browser().post(
        f"{stack.url}/",
        files={"file": b"0" * 30_000_000},
        headers={"Accept": "text/html"},
    )

    assert answer.status_code == 413
    assert "<h1>Too large</h1>" in answer.text


def test_a_client_that_stalls_in_its_upload_is_cut_off(stack: Stack) -> None:
    with connect(stack, trusting(stack)) as slow:
        slow.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n"
            b"Content-Length: 1000000\r\n\r\n--x\r\n"
        )

        try:
            answer = slow.recv(4096)
        except (ConnectionResetError, ssl.SSLError):
            answer = b""

    assert b" 200 " not in answer


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_old_tls_is_refused(stack: Stack, version: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(stack.certificate)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]

    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        connect(stack, context)


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_current_tls_and_http_2_are_spoken(stack: Stack, version: str) -> None:
    context = trusting(stack)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    context.set_alpn_protocols(["h2"])

    with connect(stack, context) as connection:
        assert connection.selected_alpn_protocol() == "h2"


def test_plain_http_leads_to_https(stack: Stack) -> None:
    answer = requests.get(
        f"http://127.0.0.1:{stack.http_port}/accounts/login/?next=/",
        allow_redirects=False,
        timeout=60,
    )

    assert answer.status_code == 301
    assert answer.headers["Location"] == "https://localhost/accounts/login/?next=/"


def test_pages_carry_the_promised_headers(stack: Stack) -> None:
    headers = stack.browser().get(f"{stack.url}/").headers

    assert headers["Strict-Transport-Security"] == "max-age=2592000"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Server"] == "nginx"


def test_static_files_come_compressed_and_are_kept_for_ever(stack: Stack) -> None:
    browser = stack.browser()
    page = browser.get(f"{stack.url}/").text
    (path, *_) = re.findall(r'href="(/static/css/site\.\w+\.css)"', page)

    answer = browser.get(stack.url + path, headers={"Accept-Encoding": "br"})

    assert answer.headers["Content-Encoding"] == "br"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Strict-Transport-Security"] == "max-age=2592000"


def test_a_name_that_is_not_ours_gets_no_answer(stack: Stack) -> None:
    with pytest.raises(requests.ConnectionError):
        stack.browser().get(stack.url, headers={"Host": "evil.example.org"})


def test_a_balancer_asks_for_the_health_by_address(stack: Stack) -> None:
    answer = stack.browser().get(f"{stack.url}/health", headers={"Host": "10.0.0.1"})

    assert answer.json()["status"] == "ok"


def test_a_request_has_one_id_in_both_logs_and_the_answer(stack: Stack) -> None:
    path = "/nothing/of/that/name/"
    answer = stack.browser().get(stack.url + path)
    identity = answer.headers["X-Request-ID"]

    web = (stack.root / "log/detector-access.log").read_text().splitlines()
    site = (stack.live_slot / "log").read_text().splitlines()

    assert identity in {
        entry["request_id"] for entry in map(json.loads, web) if entry["path"] == path
    }
    assert identity in {
        entry.get("request_id")
        for entry in (json.loads(line) for line in site if line.startswith("{"))
        if path in entry["message"]
    }


def test_the_figures_are_for_whoever_has_the_token(stack: Stack) -> None:
    address = f"{stack.url}/metrics"
    right = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    predict(stack, stack.browser())

    figures = stack.browser().get(address, headers=right).text

    assert stack.browser().get(address).status_code == 404
    assert re.search(r'^detector_verdicts_total\{.*verdict="ai"\} ', figures, re.M)
    assert re.search(
        r'^detector_http_request_seconds_bucket\{.*"api:predict"', figures, re.M
    )
    assert 'detector_model_info{name="tiny",version="1.0"} 1.0' in figures


def test_the_figures_of_all_workers_are_summed(stack: Stack) -> None:
    right = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    pattern = re.compile(r'^detector_verdicts_total\{.*"ai"\} (\S+)', re.M)

    def count() -> float:
        figures = stack.browser().get(f"{stack.url}/metrics", headers=right).text
        return float(pattern.findall(figures)[0])

    predict(stack, stack.browser())
    before = count()
    for _ in range(8):
        predict(stack, stack.browser(), new_picture())

    assert {count() for _ in range(6)} == {before + 8}


def test_the_golden_set_goes_through_https_and_shows_on_the_status_page(
    stack: Stack,
) -> None:
    address = f"{stack.url}/status"

    recorded = stack.manage("check_golden", "--record")
    checked = stack.manage("check_golden")

    assert recorded.returncode == 0, recorded.stderr
    assert checked.returncode == 0, checked.stderr
    assert "6 pictures agree" in stack.browser().get(address).text

    golden = stack.live_slot / "model" / "golden.json"
    content = json.loads(golden.read_text())
    content["scores"]["grey.png"] = 1 - round(content["scores"]["grey.png"])
    golden.write_text(json.dumps(content))
    drifted = stack.manage("check_golden")

    assert drifted.returncode == 1
    assert "grey.png" in drifted.stderr
    assert "have drifted" in stack.browser().get(address).text
