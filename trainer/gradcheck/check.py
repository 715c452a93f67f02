"""The check of a network: surfaces one after the other, a judgement for each tensor."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from trainer.arrays import Array, calmly
from trainer.gradcheck.blame import blame, closer
from trainer.gradcheck.drawing import randomise, states, stretch
from trainer.gradcheck.judge import judge
from trainer.gradcheck.probes import Probes
from trainer.gradcheck.report import Report, TensorCheck
from trainer.gradcheck.settings import DRAWS, Settings
from trainer.gradcheck.surface import Batch, Build, LossSurface, PenaltySurface, Surface, freeze
from trainer.network import Network

JITTER = 0.1  # how far real rows are moved at the second draw


def check(
    build: Build,
    batch: Batch,
    rng: np.random.Generator,
    settings: Settings | None = None,
    *,
    parameters: Array | None = None,
) -> Report:
    """Check the gradients of the network that `build` gives, on real rows and on random inputs.

    `parameters`: where, as one flat vector; None: at random ones, first as large as before training, then so
    large that every activation is driven through its range. Everything random comes from `rng`. Raises what
    the layers raise.

    What rounding leaves undecided is drawn anew, and so is what shows nothing: where a layer of relus is silent,
    the gradients before it are 0 whatever their formula. The real rows are then moved a little, lest they be equal.
    """
    settings = settings or Settings()
    network = build(np.float64)
    batch = batch.of_type(np.float64)
    zeros: list[set[tuple[str, str]]] = []
    seen: set[str] = set()
    for draw in range(DRAWS):
        moved = replace(batch, x=batch.x + draw * JITTER * rng.standard_normal(batch.x.shape)) if draw else batch
        with calmly():  # what is no finite number fails
            found = tuple(_located(network, build, moved, rng, settings, parameters, 2.0**draw, seen))
        decided = all(tensor.decided for tensor in found)
        if any(tensor.decided and not tensor.passed for tensor in found) or (decided and seen >= set(network.tensors)):
            break
        zeros.append({(tensor.check, tensor.tensor) for tensor in found if tensor.zero})
    always_zero = set.intersection(*zeros) if zeros else set()
    return Report(tuple(_acquitted(tensor, always_zero) for tensor in found))


def surfaces(
    network: Network,
    build: Build,
    batch: Batch,
    rng: np.random.Generator,
    settings: Settings,
    parameters: Array | None = None,
    weight_scale: float = 1.0,
) -> Iterator[Surface]:
    """Put the network in each state that is checked, one after the other, and give the cost there."""
    if parameters is None:
        randomise(network, rng, weight_scale)
    else:
        network.parameters[...] = parameters
    for index, (name, inputs, masks) in enumerate(states(network, batch, rng, every=settings.coordinates is None)):
        if index == 1 and parameters is None:
            freeze(network, len(inputs.x), masks)
            stretch(network, inputs.x)
        yield LossSurface(name, network, inputs, masks, build).differentiate(settings.step)
    for penalty in network.penalties:
        if penalty.active:
            yield PenaltySurface(penalty, network, float(2 ** rng.uniform(-1, 1))).differentiate()


def _located(
    network: Network,
    build: Build,
    batch: Batch,
    rng: np.random.Generator,
    settings: Settings,
    parameters: Array | None,
    weight_scale: float,
    seen: set[str],
) -> Iterator[TensorCheck]:
    """The judgements on every surface; where something failed, with a closer look and the layer to blame.

    Adds to `seen` the tensors with a gradient of the loss that was right and not 0.
    """
    probes = Probes(rng)
    for surface in surfaces(network, build, batch, rng, settings, parameters, weight_scale):
        found = [judge(surface, tensor, settings, probes) for tensor in surface.gradients]
        if isinstance(surface, LossSurface):
            seen |= {tensor.tensor for tensor in found if tensor.passed and not tensor.zero}
        failed = [tensor.tensor for tensor in found if not tensor.passed and tensor.decided]
        if not failed:
            yield from found
            continue
        blamed = blame(surface, failed, settings, probes) if isinstance(surface, LossSurface) else surface.name
        yield from closer(surface, found, blamed, settings, probes)


def _acquitted(tensor: TensorCheck, always_zero: set[tuple[str, str]]) -> TensorCheck:
    """Pass a tensor whose gradients were both zero but for rounding in every draw, where nothing finer decides.

    So is the β of a batch norm that another one follows without a kink between them, which takes it off again.
    """
    if tensor.decided or (tensor.check, tensor.tensor) not in always_zero:
        return tensor
    return replace(tensor, error=0.0, passed=True, decided=True)
