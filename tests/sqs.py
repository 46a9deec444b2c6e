"""A server on loopback that speaks SQS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from moto.server import ThreadedMotoServer


@contextmanager
def sqs_server(queue: str) -> Iterator[str]:
    """Start it with one empty queue; yield the CELERY_BROKER_URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        made = boto3.client(
            "sqs",
            endpoint_url=f"http://{host}:{port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        ).create_queue(QueueName=queue)
        account = made["QueueUrl"].split("/")[-2]
        yield f"sqs://test:test@{host}:{port}/{account}/{queue}"
    finally:
        server.stop()
