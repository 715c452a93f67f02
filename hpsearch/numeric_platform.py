"""What decides the last bits of a result."""

import platform
from typing import Any


def numeric_platform(threads: int) -> str:
    """A name for the machine as arithmetic sees it; results are promised to be equal only under equal names.

    The BLAS library picks its kernels by CPU and splits sums by thread; NumPy picks its own loops by CPU.
    """
    import numpy as np
    from numpy.lib.introspect import opt_func_info
    from threadpoolctl import threadpool_info

    blas: dict[str, Any] = next((library for library in threadpool_info() if library["user_api"] == "blas"), {})
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
