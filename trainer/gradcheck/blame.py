"""Which layer is at fault, once a gradient is known to be wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from trainer.gradcheck.judge import judge
from trainer.gradcheck.probes import Probes
from trainer.gradcheck.report import TensorCheck
from trainer.gradcheck.settings import CLOSER, Settings
from trainer.gradcheck.surface import LossSurface, Surface


def blame(surface: LossSurface, failed: Iterable[str], settings: Settings, probes: Probes) -> str | None:
    """The deepest layer whose output's gradient is still right, though what it makes of it is wrong.

    Going from the loss towards the input: the loss, if the gradient that it hands back is wrong; else the first
    layer with a wrong gradient of a tensor (one of `failed`), or of its input.
    """
    network, guilty = surface.network, {tensor.split(".")[0] for tensor in failed}
    tensors, signals = surface.gradients, surface.signals()
    surface.gradients = signals
    try:
        for name in ("loss", *reversed(network.names)):
            signal = f"into {name}"
            if name in guilty or (signal in signals and not judge(surface, signal, settings, probes).passed):
                return network.loss.kind if name == "loss" else name
    finally:
        surface.gradients = tensors
    return None


def located(surface: Surface, found: Sequence[TensorCheck], settings: Settings, probes: Probes) -> list[TensorCheck]:
    """A failed check again, with the layer to blame, every parameter of which, and of its neighbours, is compared."""
    failed = [each.tensor for each in found if not each.passed]
    blamed = blame(surface, failed, settings, probes) if isinstance(surface, LossSurface) else surface.name
    near = _neighbours(surface, list(dict.fromkeys(each.tensor.split(".")[0] for each in found)), blamed)
    looked = [_closer(surface, each, settings, probes) if each.tensor.split(".")[0] in near else each for each in found]
    return [each if each.passed else replace(each, blamed=blamed) for each in looked]


def _closer(surface: Surface, found: TensorCheck, settings: Settings, probes: Probes) -> TensorCheck:
    """A judgement by every parameter, unless it passes what has failed."""
    size = surface.values[found.tensor].size
    looked = judge(surface, found.tensor, replace(settings, coordinates=None if size <= CLOSER else CLOSER), probes)
    return looked if found.passed or not looked.passed else found


def _neighbours(surface: Surface, owners: list[str], blamed: str | None) -> set[str]:
    """The layers with tensors nearest to the one to blame, on both sides, and itself."""
    if not isinstance(surface, LossSurface):
        return set(owners)
    names = [*surface.network.names, surface.network.loss.kind]
    place = names.index(blamed) if blamed is not None else len(owners)
    before = [owner for owner in owners if names.index(owner) < place]
    after = [owner for owner in owners if names.index(owner) > place]
    return {*before[-1:], *after[:1], *(owner for owner in owners if owner == blamed)}
