"""Tests of serve.security.tokens: where tokens come from, and that changed ones are read again."""

import os
import signal
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from serve.errors import ConfigurationError, RequestError
from serve.security.tokens import TokenFiles, read_tokens
from tests.serve.conftest import Command


def status(port: int, token: str | None = None) -> int:
    """Return how the server answers somebody with this token."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/v2", headers=headers)
    try:
        return int(urllib.request.urlopen(asked, timeout=10).status)  # noqa: S310 - our own server
    except urllib.error.HTTPError as error:
        return error.code


def write(path: Path, *tokens: str) -> Path:
    """Put tokens into a file as an editor does: beside, then renamed."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text("".join(f"{token}\n" for token in tokens), "utf-8")
    return beside.replace(path)


def test_tokens_come_from_the_environment(command: Command) -> None:
    """Commas between."""
    _, port = command(CONVBENCH_TOKENS="one,two")

    assert status(port, "two") == 200
    assert status(port) == 401


def test_a_comment_is_no_token(tmp_path: Path) -> None:
    """Nor are the spaces around one."""
    (tmp_path / "tokens").write_text("# ours\n secret \n", "utf-8")

    assert read_tokens(tmp_path / "tokens", "UNSET") == ["secret"]


def test_changed_tokens_are_taken_without_a_restart(command: Command, tmp_path: Path) -> None:
    """On SIGHUP, and at every look for new versions: who lost the token is refused from then on."""
    path = write(tmp_path / "tokens", "old")
    process, port = command("--tokens", str(path), "--poll", "0")
    assert (status(port, "old"), status(port, "new")) == (200, 401)

    write(path, "new")
    process.send_signal(signal.SIGHUP)
    assert process.stderr is not None
    said = process.stderr.readline()

    assert "the tokens were read again" in said
    assert (status(port, "old"), status(port, "new")) == (401, 200)


@pytest.mark.parametrize("change", [Path.unlink, write, lambda path: path.write_bytes(b"\xff")])
def test_tokens_that_cannot_be_read_change_nothing(change: Callable[[Path], object], tmp_path: Path) -> None:
    """A file that is gone or empty opens the server to nobody; it is told once, and the next change is taken."""
    path = write(tmp_path / "tokens", "old")
    files = TokenFiles(path, None)
    assert files.refresh() == []

    change(path)
    (told,) = files.refresh()
    again = files.refresh()
    files.access.check({b"authorization": b"Bearer old"})
    write(path, "new")
    (read,) = files.refresh()

    assert "the old ones stay" in told
    assert "--tokens" in told
    assert again == []
    assert read == "the tokens were read again"
    files.access.check({b"authorization": b"Bearer new"})
    assert not files.access.open


def test_tokens_that_could_not_be_read_are_read_at_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though nothing has changed since: a token that was withdrawn must not stay because files were short once."""
    path = write(tmp_path / "tokens", "old")
    files = TokenFiles(path, None)
    right = Path.read_bytes

    def short(*_: object) -> bytes:
        raise OSError(24, "Too many open files")

    write(path, "new")
    monkeypatch.setattr(Path, "read_bytes", short)
    (told,) = files.refresh()
    again = files.refresh()
    monkeypatch.setattr(Path, "read_bytes", right)
    (read,) = files.refresh()

    assert "Too many open files" in told
    assert again == []
    assert read == "the tokens were read again"
    with pytest.raises(RequestError, match="not one of the server's"):
        files.access.check({b"authorization": b"Bearer old"})
    assert files.refresh() == []


def test_tokens_that_change_while_they_are_read_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a file is no list of tokens."""
    path = write(tmp_path / "tokens", "old")
    files = TokenFiles(path, None)
    right = Path.read_bytes

    def interrupted(self: Path) -> bytes:
        text = right(self)
        monkeypatch.setattr(Path, "read_bytes", right)
        write(path, "new-and-whole")
        return text

    write(path, "new")
    monkeypatch.setattr(Path, "read_bytes", interrupted)

    assert files.refresh() == []
    files.access.check({b"authorization": b"Bearer old"})
    assert files.refresh() == ["the tokens were read again"]
    files.access.check({b"authorization": b"Bearer new-and-whole"})


def test_one_file_that_is_broken_keeps_both(tmp_path: Path) -> None:
    """Half a change is none; each option is named in what is told."""
    tokens, administrators = write(tmp_path / "tokens", "old"), write(tmp_path / "administrators", "old-one")
    files = TokenFiles(tokens, administrators)

    write(tokens, "new")
    administrators.unlink()
    (told,) = files.refresh()

    assert f"--admin-tokens {administrators} cannot be read" in told
    files.access.check({b"authorization": b"Bearer old"})
    files.access.check({b"authorization": b"Bearer old-one"}, administrator=True)


def test_a_file_is_needed_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And wins over the environment."""
    monkeypatch.setenv("CONVBENCH_TOKENS", "environment")

    with pytest.raises(ConfigurationError, match="cannot be read"):
        TokenFiles(tmp_path / "missing", None)
    files = TokenFiles(write(tmp_path / "tokens", "file"), None)

    files.access.check({b"authorization": b"Bearer file"})
    with pytest.raises(RequestError, match="not one of the server's"):
        files.access.check({b"authorization": b"Bearer environment"})


def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    """At the start it is refused, later the old tokens stay."""
    path = write(tmp_path / "tokens", "old")
    files = TokenFiles(path, None)
    path.unlink()
    os.mkfifo(path)

    (told,) = files.refresh()

    assert f"{path} is no regular file" in told
    files.access.check({b"authorization": b"Bearer old"})
    with pytest.raises(ConfigurationError, match="is no regular file"):
        TokenFiles(path, None)
