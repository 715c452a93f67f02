"""Results as JSON."""

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any


def as_json(content: Any) -> str:
    """Exact to the last bit; a number that is not finite is null, which is all that JSON has for it."""
    return json.dumps(_finite(content), indent=2, default=_text)


def _finite(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
