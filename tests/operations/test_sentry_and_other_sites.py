"""Error reports and the pictures that the site fetches know nothing of each other."""

from __future__ import annotations

import json

from tests.detector_site.processes import run_python

FETCH = """
import json, threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
import sentry_sdk
from operations.logs import start_sentry

class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        seen.extend(self.headers.keys())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass

seen = []
server = HTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=server.handle_request).start()
start_sentry(dsn="http://key@127.0.0.1:9/1", release="1")
connection = HTTPConnection("127.0.0.1", server.server_port)
connection.request("GET", "/secret.jpg")
connection.getresponse().read()
crumbs = [str(crumb) for crumb in sentry_sdk.get_isolation_scope()._breadcrumbs]
print(json.dumps({"headers": seen, "crumbs": crumbs}))
sentry_sdk.init()
"""


def test_another_site_gets_no_header_and_reports_name_none() -> None:
    done = run_python("-c", FETCH)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found["headers"]) == {"Host", "Accept-Encoding"}
    assert not any("secret" in crumb for crumb in found["crumbs"])
