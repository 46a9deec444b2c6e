"""The whole site on loopback: nginx, two slots, PostgreSQL, Redis.

Everything is rendered from the files of deploy/, and its scripts do the work.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.bundles import tiny_bundle
from tests.detector_site.processes import ROOT
from tests.detector_site.servers import free_port, postgres, postgres_programs

SERVER_NAME = "localhost"
METRICS_TOKEN = "a-token-for-the-figures"
PROGRAMS = ("nginx", "redis-server", "age", "curl", "openssl", "shellcheck", "rclone")
START_SECONDS = 120.0

NGINX = """
{user}
worker_processes 2;
pid {root}/nginx.pid;
error_log {root}/log/nginx-error.log;
include /etc/nginx/modules-enabled/*.conf;
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    client_body_temp_path {root}/tmp/body;
    proxy_temp_path {root}/tmp/proxy;
    fastcgi_temp_path {root}/tmp/fastcgi;
    uwsgi_temp_path {root}/tmp/uwsgi;
    scgi_temp_path {root}/tmp/scgi;
    include {root}/etc/nginx.d/detector.conf;
}}
"""


def missing_programs() -> list[str]:
    """What this machine lacks; deploy/test-packages.sh installs it."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [name for name in PROGRAMS if not shutil.which(name, path=path)]
    return missing if postgres_programs() else [*missing, "postgresql"]


@dataclass
class Stack:
    """A running site; `url` is where visitors find it."""

    root: Path
    http_port: int
    https_port: int
    redis_port: int
    database_url: str
    postgres_data: Path
    redis: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"https://{SERVER_NAME}:{self.https_port}"

    @property
    def certificate(self) -> Path:
        return self.root / "etc" / "tls" / "fullchain.pem"

    @property
    def media(self) -> Path:
        return self.root / "var" / "media"

    @property
    def live_slot(self) -> Path:
        return (self.root / "opt" / "live").resolve()

    @property
    def environment(self) -> dict[str, str]:
        """The site's variables by what the scripts need to find their files."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin",
            "DETECTOR_ETC": str(self.root / "etc"),
            "HOME": str(self.root),
            "LANG": "C.UTF-8",
        }

    def browser(self) -> requests.Session:
        """Somebody with cookies who trusts the certificate."""
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.certificate)
        session.headers["Referer"] = f"https://{SERVER_NAME}/"
        return session

    def script(
        self, name: str, *arguments: str, **changes: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a script of deploy/."""
        return subprocess.run(
            [ROOT / "deploy" / name, *arguments],
            env={**self.environment, **changes},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def manage(
        self, *arguments: str, **changes: str
    ) -> subprocess.CompletedProcess[str]:
        """Run manage.py of the live release with the site's variables."""
        release = self.live_slot / "release"
        line = 'set -a; . "$DETECTOR_ETC/detector.env"; set +a; exec "$@"'
        return subprocess.run(
            [
                "sh",
                "-c",
                line,
                "sh",
                release / ".venv/bin/python",
                "manage.py",
                *arguments,
            ],
            cwd=release,
            env={
                **self.environment,
                "DETECTOR_BUNDLE": str(self.live_slot / "model"),
                "SSL_CERT_FILE": str(self.certificate),
                **changes,
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def server_processes(self) -> list[int]:
        """The workers of the live slot."""
        return _children((self.live_slot / "server.pid").read_text())

    def nginx_processes(self) -> list[int]:
        """The workers of nginx."""
        return _children((self.root / "nginx.pid").read_text())

    def start_redis(self) -> None:
        """Start Redis without persistence."""
        command = [
            "redis-server",
            "--port",
            str(self.redis_port),
            "--bind",
            "127.0.0.1",
        ]
        self.redis = subprocess.Popen(
            [*command, "--save", "", "--dir", self.root],
            stdout=subprocess.DEVNULL,
        )
        wait_for(lambda: _redis_answers(self.redis_port))


def _children(pid: str) -> list[int]:
    path = Path(f"/proc/{pid.strip()}/task/{pid.strip()}/children")
    return [int(child) for child in path.read_text().split()]


def _redis_answers(port: int) -> bool:
    ping = ["redis-cli", "-p", str(port), "ping"]
    done = subprocess.run(ping, capture_output=True, text=True, check=False)
    return done.stdout.strip() == "PONG"


def wait_for(condition: Callable[[], object], seconds: float = START_SECONDS) -> None:
    """Look until the condition holds; raises `RuntimeError` when it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise RuntimeError("A server did not start in time.")


@contextmanager
def running_stack(**variables: str) -> Iterator[Stack]:
    """Serve this working copy with a tiny model; `variables` are the site's own."""
    with ExitStack() as stop:
        # Short: the address of a Unix socket has at most 107 characters.
        root = Path(tempfile.mkdtemp(prefix="site-", dir="/tmp"))
        stop.callback(shutil.rmtree, root, ignore_errors=True)
        url = stop.enter_context(postgres(postgres_programs()))
        stack = Stack(
            root, free_port(), free_port(), free_port(), url, _data_folder(url)
        )
        _prepare(stack, variables)
        stack.start_redis()
        stop.callback(lambda: _end(stack.redis))
        stop.callback(_stop_slots, stack)
        _run(stack, "upgrade", "--from", str(ROOT))
        _run(stack, "self-signed", str(root / "etc" / "tls"), SERVER_NAME)
        nginx = _start_nginx(stack)
        stop.callback(_end, nginx)
        wait_for(lambda: _is_served(stack, nginx))
        yield stack


def _prepare(stack: Stack, variables: dict[str, str]) -> None:
    root = stack.root
    for folder in ("etc/tls", "etc/nginx.d", "etc/systemd", "log", "tmp", "backups"):
        (root / folder).mkdir(parents=True)
    stack.media.mkdir(parents=True)
    values = {
        "SERVER_NAME": SERVER_NAME,
        "DETECTOR_HOME": root / "opt",
        "DETECTOR_STATE": root / "var",
        "DETECTOR_USER": "nobody-of-that-name",
        "NGINX_LOGS": root / "log",
        "ACME_ROOT": root / "acme",
        "HTTP_LISTEN": f"127.0.0.1:{stack.http_port}",
        "HTTPS_LISTEN": f"127.0.0.1:{stack.https_port}",
        "CLIENT_TIMEOUT": "8s",
        "RATE_PAGES": "1000r/s",
        "RATE_UPLOADS": "1000r/s",
        "BURST_UPLOADS": "100",
        "DETECTOR_VENV": sys.prefix,
        "DRAIN_SECONDS": "2",
        "READY_ANSWERS": "4",
        "BACKUP_FOLDER": root / "backups",
        "BACKUP_TARGET": root / "backups",
    }
    lines = [f"{name}='{value}'\n" for name, value in values.items()]
    manager = root / "service-manager"
    manager.write_text(
        f"#!/bin/sh\nexec {sys.executable} {ROOT}/tests/deploy/service_manager.py "
        f'"$@" 2>>{root}/log/service-manager\n'
    )
    manager.chmod(0o755)
    lines.append(f"SERVICE_MANAGER='{manager}'\n")
    (root / "etc" / "site.conf").write_text("".join(lines))
    _render(stack, variables)
    model = tiny_bundle(root / "opt" / "models" / "tiny")
    (root / "opt" / "model").symlink_to(model)


def _render(stack: Stack, variables: dict[str, str]) -> None:
    """What bootstrap renders, by the same functions."""
    secrets = {
        "SECRET_KEY": "for-one-rehearsal-only-but-long-and-varied-0123456789-abcdef",
        "METRICS_TOKEN": METRICS_TOKEN,
        "DATABASE_URL": stack.database_url,
        "CACHE_URL": f"redis://127.0.0.1:{stack.redis_port}/0",
        "CELERY_BROKER_URL": "",
        "EMAIL_URL": "console://",
        "ADMIN_EMAIL": "admin@example.org",
        "SITE_URL": stack.url,
        "MEDIA_STORAGE_URL": "",
        "WEB_CONCURRENCY": "2",
    }
    here = ROOT / "deploy"
    line = (
        f". {here}/lib/settings.sh; "
        f'render_nginx {here} "$DETECTOR_ETC/nginx.d/detector.conf"; '
        f'render_all "$DETECTOR_ETC/systemd" {here}/systemd/*.template; '
        f'{here}/render {here}/detector.env.template "$DETECTOR_ENV"'
    )
    subprocess.run(
        ["bash", "-euc", line], env={**stack.environment, **secrets}, check=True
    )
    rates = {f"THROTTLE_{who}": "100000/min" for who in ("ANON", "USER", "TOKEN")}
    rates["DAILY_QUOTA"] = "100000000"
    lines = [f"{name}='{value}'\n" for name, value in {**rates, **variables}.items()]
    with (stack.root / "etc" / "detector.env").open("a") as file:
        file.writelines(lines)


def _data_folder(url: str) -> Path:
    """Where the cluster lies, by asking it."""
    ask = ["psql", url, "-qtAc", "SHOW data_directory"]
    return Path(subprocess.check_output(ask, text=True).strip())


def _run(stack: Stack, name: str, *arguments: str) -> None:
    done = stack.script(name, *arguments)
    if done.returncode:
        logs = (stack.root / "log").glob("*"), (stack.root / "opt/slots").glob("*/log")
        told = "\n".join(p.read_text()[-3000:] for group in logs for p in group)
        raise RuntimeError(f"{name} failed:\n{done.stderr}\n{told}")


def _start_nginx(stack: Stack) -> subprocess.Popen[bytes]:
    config = stack.root / "nginx.conf"
    (stack.root / "modules").symlink_to("/usr/lib/nginx/modules")
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(NGINX.format(root=stack.root, user=user))
    command = ["nginx", "-p", stack.root, "-c", config, "-g", "daemon off;"]
    return subprocess.Popen(command, env=stack.environment)


def _is_served(stack: Stack, nginx: subprocess.Popen[bytes]) -> bool:
    if nginx.poll() is not None:
        raise RuntimeError("nginx ended; its error log says why.")
    with contextlib.suppress(requests.ConnectionError):
        return stack.browser().get(f"{stack.url}/health").status_code == 200
    return False


def _end(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)


def _stop_slots(stack: Stack) -> None:
    for slot in ("blue", "green"):
        stack_manager = stack.root / "service-manager"
        subprocess.run(
            [stack_manager, "stop", slot], env=stack.environment, check=False
        )
