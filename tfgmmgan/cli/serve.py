"""`python -m tfgmmgan serve`: a trained model on TF Serving's contract."""

import re
from importlib.util import find_spec

from tfgmmgan.cli.arguments import Parser
from tfgmmgan.utils.errors import UserError

__all__ = ["command"]

NEEDED = ("uvicorn", "grpc", "grpc_health", "tensorflow_serving", "prometheus_client", "orjson")  # the extra `serving`
LIMITS = {  # of `Limits`: what is counted, and the help
    "max_batch_size": (int, "rows of different requests that are computed together"),
    "max_rows": (int, "rows that one request may have"),
    "max_body_mb": (float, "MiB that one request may have"),
    "max_megapixels": (float, "millions of pixels that the pictures of one request may have"),
    "max_requests": (int, "requests under way at once; more are answered 503"),
    "timeout_s": (float, "seconds in which a request's body must arrive, and then its answer be computed"),
    "grace_s": (float, "seconds after SIGTERM in which what was accepted is answered"),
}


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
    for option, (kind, text) in LIMITS.items():
        default = Limits._field_defaults[option]
        parser.add_argument(f"--{option}", type=kind, default=default, help=f"{text} (default: %(default)s)")
    options = vars(parser.parse_args(arguments))
    limits = Limits(**{option: options[option] for option in LIMITS})
    for option, value in {"workers": options["workers"], **limits._asdict()}.items():
        if not 0 < value < float("inf"):
            raise UserError(f"--{option} must be more than 0; got {value}.")
    if not re.fullmatch("[^/:]+", options["name"]):
        raise UserError(f"--name must be a word without / and :, as it is part of addresses; got '{options['name']}'.")
    for option in ("rest_port", "grpc_port"):
        if not 0 <= options[option] < 2**16:
            raise UserError(f"--{option} must be from 0 to 65535; got {options[option]}.")

    from tfgmmgan.serving.server.process import listen, run

    with listen(options["host"], options["rest_port"], options["grpc_port"]) as place:
        run(options["model"], options["name"], place, limits, options["workers"])
