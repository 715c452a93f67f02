"""What decides the last bits of a result."""

import platform
from pathlib import Path
from typing import Any


def numeric_platform(threads: int) -> str:
    """A name for the machine as arithmetic sees it; results are promised to be equal only under equal names.

    The BLAS library picks its kernels by CPU and splits sums by thread; NumPy picks its own loops by CPU.
    """
    import numpy as np
    from numpy.lib.introspect import opt_func_info

    blas = _numpys_blas()
    loops = opt_func_info(func_name="^exp$", signature="float32")["exp"]["ff"]["current"]
    return "-".join(
        (
            platform.machine(),
            str(blas.get("architecture", "unknown")),
            f"{blas.get('internal_api', 'blas')}{blas.get('version', '')}",
            f"numpy{np.__version__}",
            loops.replace("(", "").replace(")", ""),
            f"{threads}thread" + ("s" if threads > 1 else ""),
        )
    )


def _numpys_blas() -> dict[str, Any]:
    """The BLAS that NumPy uses, as threadpoolctl describes it; SciPy may have loaded another one of its own."""
    import numpy as np
    from threadpoolctl import threadpool_info

    libraries: list[dict[str, Any]] = [library for library in threadpool_info() if library["user_api"] == "blas"]
    package = Path(np.__file__).resolve().parent  # threadpoolctl follows links too
    homes = (package, package.with_name("numpy.libs"))  # where wheels carry it, on macOS and on Linux
    own = [
        library for library in libraries if any(home in Path(library["filepath"]).resolve().parents for home in homes)
    ]
    return (own or libraries or [{}])[0]
