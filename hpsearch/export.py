"""A sweep's best model, or the sweep itself, in forms that other programs read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from hpsearch.errors import UsageError
from hpsearch.folders import config_of
from hpsearch.location import Location
from hpsearch.predictions import model_file, read_model
from hpsearch.store import SweepFolder
from hpsearch.store.files import replace_file


@dataclass(frozen=True)
class Form:
    """A form of export. To add one, write what writes it and list it in `FORMS`."""

    suffix: str
    use: str
    """How what was written is used; {file} and {name} stand for the file and the sweep's name."""
    write: Callable[[Location, Path], None]
    """From a sweep's folder to a file; what it leaves half-written is taken away."""
    needs: str | None = None  # a package that is an optional extra of the same name


def _npz(sweep: Location, file: Path) -> None:
    file.write_bytes(model_file(sweep).read_bytes())


def _onnx(sweep: Location, file: Path) -> None:
    from hpsearch.integrations.onnx import to_onnx

    file.write_bytes(to_onnx(read_model(sweep)).SerializeToString(deterministic=True))


def _optuna(sweep: Location, file: Path) -> None:
    from hpsearch.integrations.optuna_study import write_study

    folder = SweepFolder.existing(sweep)
    config = config_of(folder)
    write_study(file, config.run.name, folder, config)


FORMS: Mapping[str, Form] = {
    "npz": Form(".npz", "trainer.load({file!r}).predict(x)", _npz),
    "onnx": Form(".onnx", "onnxruntime.InferenceSession({file!r})", _onnx, needs="onnx"),
    "sklearn": Form(".npz", "trainer.estimators.pretrained({file!r}).predict(x)", _npz),
    "optuna": Form(
        ".journal",
        "optuna.load_study(study_name={name!r}, storage=JournalStorage(JournalFileBackend({file!r})))",
        _optuna,
        needs="optuna",
    ),
}


def export(sweep: Location, form: str, file: Path | None = None) -> tuple[Path, str]:
    """Write a sweep's best model, or its trials, to a file that must be new, else the sweep's name here.

    Returns the file, and how to use it. Raises UsageError if there is nothing to export, or no way to.
    """
    chosen = FORMS[form]
    name = config_of(SweepFolder.existing(sweep)).run.name
    if chosen.needs is not None and find_spec(chosen.needs) is None:
        raise UsageError(
            f"--format {form} needs the package {chosen.needs}, which this environment lacks: "
            f"pip install 'hpsearch[{chosen.needs}]'"
        )
    file = file or Path(f"{name}{chosen.suffix}")
    if file.exists():
        raise UsageError(f"{file} exists; name another file by --output")
    try:
        replace_file(file, lambda beside: chosen.write(sweep, beside))
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror or error}") from error
    return file, chosen.use.format(file=str(file), name=name)
