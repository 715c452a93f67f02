"""The check of a network: surfaces one after the other, a judgement for each tensor."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from trainer.arrays import Array, calmly
from trainer.gradcheck.blame import located
from trainer.gradcheck.drawing import randomise, states, stretch
from trainer.gradcheck.judge import judge
from trainer.gradcheck.probes import Probes
from trainer.gradcheck.report import Report, TensorCheck
from trainer.gradcheck.settings import DRAWS, Settings
from trainer.gradcheck.surface import Batch, Build, LossSurface, PenaltySurface, Surface, freeze
from trainer.network import Network

ELSEWHERE = "another state"
"""The method of a judgement that rounding kept from being made in one state, and that was made in another."""
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
    checking = _Checking(build, batch.of_type(np.float64), rng, settings or Settings(), parameters)
    for draw in range(DRAWS):
        with calmly():  # what is no finite number fails
            found = tuple(checking.draw(draw))
        if checking.settles(found):
            break
    return Report(tuple(checking.acquitted(tensor) for tensor in found))


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


class _Checking:
    """A check under way, and what its draws have shown so far."""

    def __init__(
        self, build: Build, batch: Batch, rng: np.random.Generator, settings: Settings, parameters: Array | None
    ) -> None:
        self._build, self._batch, self._rng, self._settings, self._parameters = build, batch, rng, settings, parameters
        self._network = build(np.float64)
        self._probes = Probes(rng)
        self._right: dict[str, TensorCheck] = {}  # of tensors whose gradient of the loss was found right somewhere
        self._seen: set[str] = set()  # those of which it was not 0 there
        self._zeros: list[set[tuple[str, str]]] = []  # of each draw

    def draw(self, number: int) -> Iterator[TensorCheck]:
        """The judgements on every surface; where something failed, with a closer look and the layer to blame."""
        x, rng = self._batch.x, self._rng
        batch = replace(self._batch, x=x + number * JITTER * rng.standard_normal(x.shape)) if number else self._batch
        drawn = (self._network, self._build, batch, rng, self._settings, self._parameters, 2.0**number)
        for surface in surfaces(*drawn):
            found = [judge(surface, tensor, self._settings, self._probes) for tensor in surface.gradients]
            if isinstance(surface, LossSurface):
                self._right |= {tensor.tensor: tensor for tensor in found if tensor.passed}
                self._seen |= {tensor.tensor for tensor in found if tensor.passed and not tensor.zero}
            if any(not tensor.passed and (tensor.decided or number == DRAWS - 1) for tensor in found):
                found = located(surface, found, self._settings, self._probes)
            yield from found

    def settles(self, found: Sequence[TensorCheck]) -> bool:
        """Whether a draw needs no other: something failed, or every tensor has shown a gradient, and a right one."""
        self._zeros.append({(tensor.check, tensor.tensor) for tensor in found if tensor.zero})
        failed = any(tensor.decided and not tensor.passed for tensor in found)
        return failed or self._seen >= self._network.tensors.keys()

    def acquitted(self, tensor: TensorCheck) -> TensorCheck:
        """Pass a tensor that stayed undecided, if it was decided at other parameters, or has no gradient anywhere.

        None has the β of a batch norm that another one follows without a kink between them, which takes it off
        again: both gradients are zero, but for rounding, in every draw.
        """
        if tensor.decided:
            return tensor
        if tensor.tensor in self._right:
            return replace(tensor, method=ELSEWHERE, error=self._right[tensor.tensor].error, passed=True, decided=True)
        if (tensor.check, tensor.tensor) in set.intersection(*self._zeros):
            return replace(tensor, error=0.0, passed=True, decided=True)
        return tensor
