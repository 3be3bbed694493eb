"""`python -m tfgmmgan serve`: a trained model on TF Serving's contract."""

import re
from importlib.util import find_spec

from tfgmmgan.cli.arguments import Parser, add_options, given_options
from tfgmmgan.utils.arguments import Count, check, converted
from tfgmmgan.utils.arguments import arguments as arguments_of
from tfgmmgan.utils.errors import UserError

__all__ = ["command"]

NEEDED = ("uvicorn", "grpc", "grpc_health", "tensorflow_serving", "prometheus_client", "orjson")  # the extra `serving`


def command(arguments: list[str], prog: str) -> None:
    """Serve a trained run by REST and gRPC, as TF Serving does."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UserError(f"Serving needs {', '.join(missing)}: pip install 'tfgmmgan[serving]'.")
    from tfgmmgan.serving.server.limits import Limits

    parser = Parser(
        prog=prog,
        description="Serve a trained run by REST and gRPC, on TF Serving's contract, for a laptop, a demo or tests. "
        "Ctrl-C or SIGTERM ends it when what was accepted is answered.",
    )
    parser.add_argument(
        "model", metavar="RUN_OR_SAVEDMODEL", help="a run directory, a directory of versions, or a SavedModel"
    )
    parser.add_argument("--name", default="model", help="what clients call the model (default: %(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="where it listens (default: this machine alone)")
    for door, port in (("REST", 8501), ("gRPC", 8500)):
        parser.add_argument(
            f"--{door.lower()}_port", type=int, default=port, help=f"of {door}; 0 for any (default: %(default)s)"
        )
    parser.add_argument("--workers", type=int, default=1, help="processes, each with a copy of the model (default: 1)")
    declared = arguments_of(Limits)
    add_options(parser, declared)
    parsed = parser.parse_args(arguments)
    given, options = given_options(parsed, declared), vars(parsed)
    limits = Limits(**{name: converted(f"--{name}", value, declared[name].hint) for name, value in given.items()})
    check("--workers", options["workers"], Count)
    if not re.fullmatch(r"[\w.-]+", options["name"]):
        raise UserError(
            f"--name must be of letters, digits, '.', '_' and '-', as it is part of addresses; got '{options['name']}'."
        )
    for option in ("rest_port", "grpc_port"):
        if not 0 <= options[option] < 2**16:
            raise UserError(f"--{option} must be from 0 to 65535; got {options[option]}.")

    from tfgmmgan.serving.server.process import listen, run

    with listen(options["host"], options["rest_port"], options["grpc_port"]) as place:
        run(options["model"], options["name"], place, limits, options["workers"])
