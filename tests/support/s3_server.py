"""An S3 server on this machine, in memory: moto, spoken to as any other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pyarrow.fs as pafs

BUCKET = "bucket"


@contextmanager
def s3_server() -> Iterator[str]:
    """Run a server with one bucket; yield its URL. The environment says where it is, to other processes too."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    try:
        with patch.dict(os.environ, environment):
            files, _ = pafs.FileSystem.from_uri(f"s3://{BUCKET}?allow_bucket_creation=true")
            files.create_dir(BUCKET)
            yield f"s3://{BUCKET}"
    finally:
        server.stop()


def upload(folder: Path, url: str) -> None:
    """Copy a folder to object storage."""
    files, path = pafs.FileSystem.from_uri(url)
    pafs.copy_files(str(folder), path, source_filesystem=pafs.LocalFileSystem(), destination_filesystem=files)


def download(url: str, folder: Path) -> Path:
    """Copy a folder from object storage."""
    files, path = pafs.FileSystem.from_uri(url)
    pafs.copy_files(path, str(folder), source_filesystem=files, destination_filesystem=pafs.LocalFileSystem())
    return folder
