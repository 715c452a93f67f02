"""The command `hpsearch train`."""

from typing import Annotated

import typer

from hpsearch.cli.options import DEFAULT_RESULTS, ConfigFile, Json, Quiet, Results, Set


def train(
    config: ConfigFile,
    results: Results = DEFAULT_RESULTS,
    set_: Set = None,
    babysit: Annotated[
        bool, typer.Option("--babysit", help="Nudge settings between segments; keep what is better, undo the rest.")
    ] = False,
    ask: Annotated[bool, typer.Option("--ask", help="Ask at each segment's end; Enter accepts the proposal.")] = False,
    test: Annotated[bool, typer.Option("--test", help="Look at the test rows at the end.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train one network, without a search: gate it, train it, and write the results and the model to DIR/name."""
    from hpsearch.cli.asking import asked
    from hpsearch.cli.training import Following, ending_at_signals, finish_training
    from hpsearch.training import Order, load_single, train_asking
    from hpsearch.training import train as train_once

    order = Order(load_single(config, set_ or (), babysit=babysit or ask), config, results, test)
    following = Following(order.config.run.train.epochs, quiet=quiet, asks=ask)
    with ending_at_signals(order.path, order.answers if ask else None):
        if ask:
            trained = train_asking(order, following.watch(), following.say, asked)
        else:
            trained = train_once(order, following.watch(), following.say)
    finish_training(trained, as_json_text=json)
