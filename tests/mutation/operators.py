"""Ways to spoil a piece of a backward pass: each takes a node of its syntax tree and gives wrong ones to put there."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Mutation = tuple[str, ast.AST]
"""What is wrong, in words; and the wrong node."""

SWAPS = {
    "multiply": ("divide", "add", "subtract"),
    "divide": ("multiply", "subtract"),
    "add": ("subtract", "multiply"),
    "subtract": ("add", "multiply"),
    "minimum": ("maximum",),
    "maximum": ("minimum",),
    "greater": ("less",),
    "less": ("greater",),
    "sign": ("positive", "square"),
    "exp": ("expm1", "tanh"),
    "tanh": ("sin", "exp"),
    "sqrt": ("square", "positive"),
    "negative": ("positive",),
}
BINARY = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult}
NEUTRAL = {"multiply": "1.0", "divide": "1.0", "add": "0.0", "subtract": "0.0"}
FACTORS = ("-1.0", "0.5", "1.001")
BATCH_FACTORS = ("self.share", "1 / self.share")


@dataclass(frozen=True)
class Context:
    """What a method has at hand."""

    operands: tuple[str, ...]  # arrays that it reads, as in "self.scale"
    has_batch: bool  # whether `self.share` and `self.ones` are there
    moments: tuple[str, ...]  # calls that set the statistics of a batch, rewritten for those of inference


def parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def statement(text: str) -> ast.stmt:
    return ast.parse(text).body[0]


def _function(node: ast.AST) -> str | None:
    """The name of a NumPy function that is called, or `product`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    owner = ast.unparse(node.func.value)
    return node.func.attr if owner == "np" or (owner, node.func.attr) == ("self", "product") else None


def _target(node: ast.AST) -> str | None:
    """Where a statement writes."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or _function(call) in (None, "copyto"):
        return None
    named = [keyword.value for keyword in call.keywords if keyword.arg == "out"]
    return ast.unparse(named[0] if named else call.args[-1])


def operator_swapped(node: ast.AST, _context: Context) -> Iterator[Mutation]:
    name = _function(node)
    for other in SWAPS.get(name or "", ()):
        text = ast.unparse(node)
        yield f"{name} became {other}", parsed(text.replace(f"np.{name}(", f"np.{other}(", 1))
    if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
        yield "operator swapped", ast.BinOp(node.left, BINARY[type(node.op)](), node.right)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign dropped", node.operand


def term_dropped(node: ast.AST, _context: Context) -> Iterator[Mutation]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "statement dropped", ast.Pass()


def operands_exchanged(node: ast.AST, _context: Context) -> Iterator[Mutation]:
    if isinstance(node, ast.Call) and _function(node) in {"subtract", "divide", "product", "greater", "less"}:
        yield "operands exchanged", ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)


def operand_replaced(node: ast.AST, context: Context) -> Iterator[Mutation]:
    """Another array, or the mask, scale or factor forgotten."""
    name = _function(node)
    if not isinstance(node, ast.Call) or name is None:
        return
    neutral = [NEUTRAL[name]] if name in NEUTRAL else []
    for place in range(min(2, len(node.args) - (name == "copyto"))):
        place += name == "copyto"  # noqa: PLW2901 - its first argument is where it writes
        own = ast.unparse(node.args[place])
        for other in (*neutral, *context.operands):
            if other != own:
                arguments = [*node.args[:place], parsed(other), *node.args[place + 1 :]]
                yield f"{own} became {other}", ast.Call(node.func, arguments, node.keywords)


def factor_wrong(node: ast.AST, context: Context) -> Iterator[Mutation]:
    """A wrong sign, size or number of rows in what a statement has written."""
    target = _target(node)
    if target is not None:
        for factor in (*FACTORS, *(BATCH_FACTORS if context.has_batch else ())):
            wrong = f"np.multiply({target}, {factor}, out={target})"
            yield f"{target} times {factor}", statement(f"if True:\n    {ast.unparse(node)}\n    {wrong}")


def axis_wrong(node: ast.AST, _context: Context) -> Iterator[Mutation]:
    """Sums over the columns in place of the rows, and sums in place of means."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _function(node.value) == "product":
        first, array, target = map(ast.unparse, node.value.args)
        if first in {"self.ones", "self.shares"}:
            yield "wrong axis", statement(f"np.copyto({target}, np.resize({array}.sum(-1), {target}.shape))")
            other = "self.shares" if first == "self.ones" else "self.ones"
            yield f"{first} became {other}", statement(f"self.product({other}, {array}, {target})")


def transposed(node: ast.AST, _context: Context) -> Iterator[Mutation]:
    if isinstance(node, ast.Attribute) and node.attr in {"mT", "T"}:
        yield "transposition forgotten", node.value
    if isinstance(node, ast.Call) and _function(node) == "product":
        for place in range(2):
            arguments = list(node.args)
            arguments[place] = ast.Attribute(arguments[place], "mT", ast.Load())
            yield "transposed", ast.Call(node.func, arguments, node.keywords)


def condition_negated(node: ast.AST, _context: Context) -> Iterator[Mutation]:
    if isinstance(node, ast.If):
        yield "condition negated", ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def constant_wrong(node: ast.AST, _context: Context) -> Iterator[Mutation]:
    if (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, int | float)
    ):
        for wrong in (0, -node.value.value, 1.001 * node.value.value):
            yield f"the value became {wrong}", ast.Assign(node.targets, ast.Constant(wrong))


def result_wrong(node: ast.AST, _context: Context) -> Iterator[Mutation]:
    if isinstance(node, ast.Return) and node.value is not None:
        value = ast.unparse(node.value)
        for wrong in (f"-{value}", f"0 * {value}", f"1.001 * {value}", f"np.flip({value}, 0)"):
            yield f"returns {wrong}", statement(f"return {wrong}")


def statistics_confused(node: ast.AST, context: Context) -> Iterator[Mutation]:
    """The statistics of inference where those of the batch belong."""
    if isinstance(node, ast.FunctionDef):
        for call in context.moments:
            body = [statement(call), *node.body]
            yield f"begins with {call}", ast.FunctionDef(node.name, node.args, body, [], None, None, type_params=[])


OPERATORS: tuple[Callable[[ast.AST, Context], Iterator[Mutation]], ...] = (
    operator_swapped,
    term_dropped,
    operands_exchanged,
    operand_replaced,
    factor_wrong,
    axis_wrong,
    transposed,
    condition_negated,
    constant_wrong,
    result_wrong,
    statistics_confused,
)
