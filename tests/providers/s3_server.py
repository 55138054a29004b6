"""A real S3 server: `rclone serve s3`, which keeps each bucket in a folder."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from pydantic import SecretStr

from quantum_app.settings import Storage

BUCKET, KEY = "files", "an-access-key"
SECRET = token_hex()


@dataclass(frozen=True)
class S3Server:
    """url: where it listens. folder: what is in the bucket. process: to stop it."""

    url: str
    folder: Path
    process: subprocess.Popen[str]

    def settings(self, *, bucket: str = BUCKET, key: str = KEY, secret: str = SECRET) -> Storage:
        return Storage(bucket=bucket, endpoint=self.url, access_key=key, secret_key=SecretStr(secret))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def s3_server(home: Path) -> Iterator[S3Server]:
    """A server with one empty bucket. home: an empty folder for its files."""
    folder = home / "buckets" / BUCKET
    folder.mkdir(parents=True)
    rclone = Path(sys.executable).with_name("rclone")
    command = [rclone, "serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", f"{KEY},{SECRET}", folder.parent]
    environment = {"HOME": str(home), "RCLONE_CONFIG": str(home / "rclone.conf")}
    # It names its port once it listens.
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            lines: list[str] = []
            for line in process.stderr:
                lines.append(line)
                if address := re.search(r"http://127\.0\.0\.1:\d+", line):
                    break
            else:
                raise AssertionError(f"rclone ended: {''.join(lines)}")
            # Once its pipe is full, it would wait for a reader.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield S3Server(address[0], folder, process)
        finally:
            process.kill()
            process.wait()
