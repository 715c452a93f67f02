"""Laws of the name of a numeric platform."""

import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from hpsearch.numeric_platform import numeric_platform


def test_it_is_the_same_in_another_process() -> None:
    code = "from hpsearch.numeric_platform import numeric_platform; print(numeric_platform(2))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == numeric_platform(2) + "\n"


def test_it_names_the_machine_the_blas_its_kernels_and_numpy() -> None:
    [blas] = [library for library in threadpool_info() if "numpy" in library["filepath"]]
    name = numeric_platform(1)
    for part in (platform.machine(), blas["architecture"], str(blas["version"]), f"numpy{np.__version__}"):
        assert part in name
    assert name.isprintable()
    assert " " not in name


def test_it_does_not_depend_on_what_else_is_loaded() -> None:
    code = "import scipy.linalg, sklearn; from hpsearch.numeric_platform import numeric_platform; print(numeric_platform(2))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == numeric_platform(2) + "\n"


def test_it_is_the_same_where_the_packages_are_reached_by_a_link(tmp_path: Path) -> None:
    link = tmp_path / "packages"
    link.symlink_to(Path(np.__file__).parents[1])
    code = (
        f"import sys; sys.path.insert(0, {str(link)!r}); import scipy.linalg, numpy; assert 'packages' in numpy.__file__; "
        "from hpsearch.numeric_platform import numeric_platform; print(numeric_platform(2))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == numeric_platform(2) + "\n"


def test_other_threads_in_a_trial_make_another_platform() -> None:
    assert len({numeric_platform(threads) for threads in (1, 2, 3, 11)}) == 4


def test_it_does_not_depend_on_the_limits_of_the_moment() -> None:
    with threadpool_limits(limits=1):
        assert numeric_platform(2) == numeric_platform(2)
        limited = numeric_platform(2)
    assert limited == numeric_platform(2)
