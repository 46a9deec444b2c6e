"""The files of deploy/ by the tools that know their languages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import hcl2
import pytest
import yaml

from operations import metrics
from tests.deploy.aws_schema import problems_of
from tests.detector_site.processes import ROOT

DEPLOY = ROOT / "deploy"
SCRIPTS = [
    path
    for path in (*DEPLOY.iterdir(), *DEPLOY.glob("lib/*.sh"), ROOT / ".ci" / "run")
    if path.is_file() and ("sh" in path.suffix or b"sh\n" in path.read_bytes()[:30])
]
SLOT_UNITS = (
    *("detector@.service", "detector-job@.service", "detector-backup.service"),
    "detector-worker.service",
)


def program(name: str) -> str:
    """A tool of this environment or of the machine; the test is skipped without it."""
    places = f"{Path(sys.executable).parent}:/usr/bin:/usr/sbin:/bin:/usr/local/bin"
    found = shutil.which(name, path=places)
    if found is None:
        pytest.skip(f"{name} is not installed (sh deploy/test-packages.sh)")
    return found


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=300
    )


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All templates, filled with the defaults of a server."""
    folder = tmp_path_factory.mktemp("rendered")
    line = (
        ". deploy/lib/settings.sh; export SERVER_NAME=detector.example.org; "
        f"render_all {folder} deploy/systemd/*.template deploy/nftables.conf.template"
    )
    done = run("env", f"DETECTOR_ETC={folder}", "bash", "-euc", line)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_has_no_objection(script: Path) -> None:
    done = run(program("shellcheck"), "-x", "-P", str(ROOT), script)

    assert done.returncode == 0, done.stdout


def test_hadolint_has_no_objection_to_the_dockerfile() -> None:
    done = run(program("hadolint"), "--no-color", DEPLOY / "Dockerfile")

    assert done.returncode == 0, done.stdout


def test_a_template_with_an_unset_name_is_not_rendered(tmp_path: Path) -> None:
    template = tmp_path / "a.template"
    template.write_text("key = @NOTHING_OF_THAT_NAME@\n")

    done = run(DEPLOY / "render", template, tmp_path / "a")

    assert done.returncode == 1
    assert "NOTHING_OF_THAT_NAME" in done.stderr
    assert not (tmp_path / "a").exists()


def test_systemd_understands_the_units(rendered: Path) -> None:
    analyze = program("systemd-analyze")
    instances = rendered / "instances"
    instances.mkdir()
    for unit in rendered.glob("detector*.*"):
        name = unit.name.replace("@.", "@check_golden.")
        # What the units start is not on this machine.
        text = re.sub(
            r"^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text(), flags=re.M
        )
        (instances / name).write_text(text)

    done = run(analyze, "verify", "--man=no", *sorted(instances.iterdir()))
    ours = [line for line in done.stderr.splitlines() if "detector" in line]

    assert [line for line in ours if "is not executable" not in line] == []


@pytest.mark.parametrize("unit", SLOT_UNITS)
def test_a_unit_is_well_confined(rendered: Path, unit: str) -> None:
    """By systemd's own measure, from 0 (safe) to 10."""
    analyze = program("systemd-analyze")

    done = run(analyze, "security", "--offline=true", "--threshold=20", rendered / unit)

    assert done.returncode == 0, done.stdout[-300:]


def test_the_firewall_rules_are_valid(rendered: Path) -> None:
    rules = (rendered / "nftables.conf").read_text()

    done = subprocess.run(
        [program("nft"), "--check", "--file", "-"],
        input=rules.replace("flush ruleset", ""),
        capture_output=True,
        text=True,
        check=False,
    )

    assert "syntax error" not in done.stderr, done.stderr


def test_ssh_is_for_the_named_networks_alone() -> None:
    line = ". deploy/lib/settings.sh; echo $SSH_RULE"
    done = run("env", "SSH_FROM=192.0.2.0/24, 198.51.100.7", "bash", "-euc", line)

    assert done.stdout.strip() == (
        "ip saddr { 192.0.2.0/24, 198.51.100.7 } tcp dport 22 accept"
    )


def test_terraform_uses_only_what_aws_knows() -> None:
    """Resource types, arguments and blocks against the provider's schema."""
    parsed = [hcl2.loads(path.read_text()) for path in DEPLOY.glob("terraform/*.tf")]

    assert problems_of(parsed) == []


def test_terraform_files_are_consistent() -> None:
    """Every variable and resource that is referred to exists, and none is unused."""
    text = "\n".join(path.read_text() for path in DEPLOY.glob("terraform/*.tf"))
    declared = set(re.findall(r'^variable "(\w+)"', text, re.M))
    resources = {
        ".".join(pair) for pair in re.findall(r'^resource "(\w+)" "(\w+)"', text, re.M)
    }
    used = set(re.findall(r"\b((?:aws|random)_\w+\.\w+)", text))

    assert set(re.findall(r"\bvar\.(\w+)", text)) == declared
    assert {name for name in used if f"data.{name}" not in text} <= resources


def test_cloud_init_gets_every_value_it_asks_for() -> None:
    template = (DEPLOY / "terraform/cloud-init.yaml.tftpl").read_text()
    main = (DEPLOY / "terraform/main.tf").read_text()
    (given,) = re.findall(r"cloud-init.yaml.tftpl\", \{(.*?)\n  \}\)", main, re.DOTALL)

    asked = set(re.findall(r"\$\{(\w+)\}", template)) | {"clustered"}

    assert asked == set(re.findall(r"^\s+(\w+)\s+=", given, re.M))
    plain = re.sub(r"%\{.*?~\}\n", "", template)
    assert yaml.safe_load(plain)["runcmd"]


def test_the_machine_has_an_encrypted_disk_and_imds_v2() -> None:
    main = (DEPLOY / "terraform/main.tf").read_text()

    assert re.search(r'http_tokens\s+= "required"', main)
    assert re.search(r"encrypted\s+= true", main)


def test_the_proxy_of_the_containers_has_the_limit_of_django() -> None:
    template = (DEPLOY / "docker/site.conf.template").read_text()

    for limit in (20 * 1024**2, 20 * 20 * 1024**2):
        assert f"client_max_body_size {limit + 64 * 1024};" in template


def test_compose_is_valid_yaml_and_names_its_files() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())

    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).exists()


def metric_names() -> set[str]:
    exposed = metrics.exposition().decode()
    return set(re.findall(r"^# TYPE (\w+) ", exposed, re.M)) | {
        f"detector_golden_{name}"
        for name in ("passed", "checked_seconds", "worst_difference")
    }


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["grafana/dashboard.json", "prometheus/alerts.yml"])
def test_dashboard_and_alerts_ask_for_figures_that_exist(name: str) -> None:
    text = (DEPLOY / name).read_text()
    json.loads(text) if name.endswith("json") else yaml.safe_load(text)
    known = metric_names() | {f"{n}_bucket" for n in metric_names()}

    assert set(re.findall(r"\bdetector_\w+", text)) <= known


def test_every_alert_says_where_to_read_on() -> None:
    alerts = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())
    operations = (ROOT / "docs/operations.md").read_text()

    for rule in alerts["groups"][0]["rules"]:
        page, _, heading = rule["annotations"]["action"].partition(", ")
        assert page == "docs/operations.md"
        assert re.search(rf"^### {re.escape(heading)}$", operations, re.M), heading


def test_no_secret_is_committed() -> None:
    """Keys and tokens by their form; guesses by entropy would cry wolf."""
    guesses = ("HexHighEntropyString", "Base64HighEntropyString", "KeywordDetector")
    disabled = [f"--disable-plugin={name}" for name in (*guesses, "BasicAuthDetector")]
    binary = (".onnx", ".keras", ".png", ".jpg", ".svg")
    listed = run("git", "ls-files").stdout.split()
    tracked = [name for name in listed if not name.endswith(binary)]

    done = run(program("detect-secrets"), "scan", "--no-verify", *disabled, *tracked)

    assert json.loads(done.stdout)["results"] == {}
