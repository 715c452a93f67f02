"""Disks that are full or read-only: real ones, mounted in a namespace of the test's own."""

import os
import subprocess
from pathlib import Path

import pytest

from hpsearch.store.compare import differences
from tests.processes.program import PROGRAM, tables

pytestmark = pytest.mark.mounts

SCRIPT = """\
disk=$1 config=$2 kept=$3
mount -t tmpfs -o size=100k tmpfs "$disk"
said() { name=$1; shift; "$@" >"$kept/$name.out" 2>"$kept/$name.err"; echo $? >"$kept/$name.code"; }

said full "$HPSEARCH" run "$config" --serial --quiet --results "$disk"
cp -r "$disk/small" "$kept/acknowledged"
mount -o remount,ro "$disk"
said read-only "$HPSEARCH" resume "$disk/small" --serial --quiet
mount -o remount,rw,size=64m "$disk"
said mended "$HPSEARCH" resume "$disk/small" --serial --quiet
cp -r "$disk/small" "$kept/mended-sweep"
"""


@pytest.fixture(scope="module")
def kept(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the program said and left on a disk of 100 kB, then read-only, then large enough."""
    disk, kept = tmp_path_factory.mktemp("disk"), tmp_path_factory.mktemp("kept")
    arguments = ["unshare", "--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh", *map(str, (disk, config, kept))]
    environment = {**os.environ, "HPSEARCH": str(PROGRAM)}
    subprocess.run(arguments, check=True, env=environment, timeout=200)
    return kept


def _code_and_sentence(kept: Path, name: str) -> tuple[int, str]:
    [sentence] = (kept / f"{name}.err").read_text().splitlines()
    return int((kept / f"{name}.code").read_text()), sentence


def test_a_full_disk_ends_a_sweep_in_one_sentence_and_what_was_acknowledged_is_there(kept: Path) -> None:
    code, sentence = _code_and_sentence(kept, "full")
    assert code == 1
    assert "No space left on device" in sentence
    assert "hpsearch resume " in sentence
    assert 0 < len(tables(kept / "acknowledged")["trials"]) < 18


def test_a_read_only_disk_is_refused_in_one_sentence(kept: Path) -> None:
    code, sentence = _code_and_sentence(kept, "read-only")
    assert code == 2
    assert "Read-only file system" in sentence


def test_once_there_is_room_the_sweep_goes_on_to_the_same_rows(kept: Path, finished: Path) -> None:
    assert (kept / "mended.code").read_text() == "0\n", (kept / "mended.err").read_text()
    acknowledged = tables(kept / "acknowledged")["trials"].to_pylist()
    mended = tables(kept / "mended-sweep")
    numbers = {row["trial"] for row in acknowledged}
    assert [row for row in mended["trials"].to_pylist() if row["trial"] in numbers] == acknowledged
    assert differences(tables(finished), mended) == []
