"""GET /health: liveness without a model, readiness with one."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from classifier import detector_provider
from detector_site import APP_VERSION
from tests.bundles import tiny_bundle


@pytest.fixture
def _fresh_model(settings: Settings, tmp_path: Path) -> None:
    """A bundle that this process has not loaded."""
    settings.DETECTOR_BUNDLE = tiny_bundle(tmp_path / "fresh", version="7.0")


@pytest.mark.django_db
@pytest.mark.usefixtures("_fresh_model")
def test_health_answers_without_loading_the_model(client: Client) -> None:
    response = client.get("/health")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "model": {"name": "tiny", "version": "7.0", "engine": "auto", "loaded": False},
        "database": "ok",
        "version": APP_VERSION,
    }
    assert not detector_provider.is_loaded()


@pytest.mark.django_db
@pytest.mark.usefixtures("_fresh_model")
def test_readiness_loads_the_model(client: Client) -> None:
    response = client.get("/health", {"ready": "1"})

    assert response.status_code == 200
    assert response.json()["model"]["loaded"] is True
    assert response.json()["model"]["engine"] == "onnx"
    assert detector_provider.is_loaded()


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "?ready=1"])
def test_without_a_model_the_site_is_degraded(
    client: Client, settings: Settings, tmp_path: Path, query: str
) -> None:
    settings.DETECTOR_BUNDLE = tmp_path / "nothing"

    response = client.get(f"/health{query}")

    assert response.status_code == 503
    assert response.json()["status"] == "degraded"
    assert response.json()["model"]["name"] is None


@pytest.mark.django_db
def test_a_damaged_network_shows_in_readiness(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.DETECTOR_BUNDLE = tiny_bundle(tmp_path / "damaged")
    (tmp_path / "damaged" / "model.onnx").write_bytes(b"damaged")

    assert client.get("/health").status_code == 200
    assert client.get("/health?ready=1").status_code == 503


@pytest.mark.django_db
def test_without_its_database_the_site_is_degraded(client: Client) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse):
        response = client.get("/health")

    assert response.status_code == 503
    assert response.json()["database"] == "unavailable"


@pytest.mark.django_db
def test_load_balancers_may_ask_with_head(client: Client) -> None:
    assert client.head("/health").status_code == 200


@pytest.mark.django_db
def test_other_methods_and_values_are_refused_in_json(client: Client) -> None:
    posted = client.post("/health")
    perhaps = client.get("/health", {"ready": "perhaps"})

    assert (posted.status_code, posted.json()["code"]) == (405, "method_not_allowed")
    assert (perhaps.status_code, perhaps.json()["code"]) == (422, "invalid_request")
