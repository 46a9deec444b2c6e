"""Redis and S3 as several machines share them."""

from __future__ import annotations

import pytest
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from detector_site.service_urls import cache_from_url, media_storage_from_url
from tests.detector_site.servers import free_port
from tests.images import encode, plain
from tests.s3 import s3_server


@pytest.fixture
def _lost_redis(settings: Settings) -> None:
    settings.CACHES = {"default": cache_from_url(f"redis://127.0.0.1:{free_port()}/0")}


@pytest.mark.usefixtures("_lost_redis")
def test_a_lost_redis_keeps_nothing_and_raises_nothing() -> None:
    cache = caches["default"]

    cache.set("key", 1)

    assert cache.get("key", "absent") == "absent"
    assert cache.add("key", 1)
    assert cache.get_many(["key"]) == {}
    assert cache.incr("key", 3) == 3
    assert not cache.delete("key")


@pytest.mark.django_db
@pytest.mark.usefixtures("_lost_redis")
def test_pictures_are_judged_without_redis(client: Client) -> None:
    upload = SimpleUploadedFile("red.png", encode(plain("red")))

    assert client.post("/predict", {"file": upload}).status_code == 200


@pytest.mark.django_db
def test_media_lie_in_a_bucket_and_reach_their_owner(
    user_client: Client,
    stranger_client: Client,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with s3_server("media") as endpoint:
        url = f"s3://media/site?region=us-east-1&endpoint={endpoint}"
        settings.STORAGES = {
            **settings.STORAGES,
            "default": media_storage_from_url(url),
        }
        upload = SimpleUploadedFile("red.png", encode(plain("red")))
        answer = user_client.post("/predict", {"file": upload}).json()
        path = f"/submissions/{answer['id']}/preview"

        preview = user_client.get(path)

        assert b"".join(preview.streaming_content)[8:12] == b"WEBP"
        assert stranger_client.get(path).status_code == 404
        assert not list(settings.MEDIA_ROOT.glob("**/*.webp"))


@pytest.mark.parametrize("url", ["s3://", "gs://bucket", "/folder"])
def test_a_storage_that_is_not_understood_is_told(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="MEDIA_STORAGE_URL"):
        media_storage_from_url(url)
