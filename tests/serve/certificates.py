"""Certificates that are made for a test."""

import shutil
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from serve.security.certificate import Certificate


class Pair(NamedTuple):
    """A certificate for 127.0.0.1, signed with its own key."""

    certificate: Path
    key: Path

    @property
    def words(self) -> list[str]:
        """Return what the command line says of it."""
        return ["--certificate", str(self.certificate), "--key", str(self.key)]

    def client(self) -> ssl.SSLContext:
        """Return the context of a client that trusts nobody else."""
        return ssl.create_default_context(cafile=self.certificate)

    def server(self) -> Certificate:
        """Return what a server answers with."""
        return Certificate(self.certificate, self.key)


MakePair = Callable[..., Pair]
KINDS = {"ec": ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"), "rsa": ("rsa:2048",)}


def made_pair(folder: Path, name: str, kind: str = "ec", passphrase: str = "") -> Pair:
    """Make a certificate and its key, `ec` or `rsa`; the test is skipped where there is no openssl."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("certificates are made with openssl")
    made = Pair(folder / f"{name}-certificate.pem", folder / f"{name}-key.pem")
    subprocess.run(  # noqa: S603 - words of ours
        [
            *(openssl, "req", "-x509", "-newkey", *KINDS[kind]),
            *(("-passout", f"pass:{passphrase}") if passphrase else ("-nodes",)),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"),
            *("-addext", "keyUsage=critical,digitalSignature,keyCertSign"),
            *("-keyout", str(made.key), "-out", str(made.certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return made
