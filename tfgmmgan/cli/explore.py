"""`python -m tfgmmgan explore`: a page in the browser to play with a trained run."""

import threading
import webbrowser

from tfgmmgan.cli.arguments import Parser
from tfgmmgan.utils.errors import UserError

__all__ = ["command"]


def command(arguments: list[str], prog: str) -> None:
    """Open a page in the browser on which a trained run can be played with."""
    parser = Parser(
        prog=prog,
        description="Open a page in the browser to play with a trained run: its kinds with their shares, real and "
        "drawn; other weights and variances; what lies between two or three kinds; which kind an image of yours is of; "
        "names for the kinds. It listens to this machine alone; Ctrl-C ends it.",
    )
    parser.add_argument("run", metavar="RUN", help="run directory that train.py wrote")
    parser.add_argument("--port", type=int, default=0, help="where it listens (default: any port that is free)")
    parser.add_argument("--share", action="store_true", help="let other machines in who have the address with its key")
    parser.add_argument("--no_browser", action="store_true", help="print the address, and open nothing")
    options = parser.parse_args(arguments)
    if not 0 <= options.port < 2**16:
        raise UserError(f"--port must be from 0 to 65535; got {options.port}.")

    from tfgmmgan.explore import Explorer, make_server

    server, address = make_server(Explorer(options.run), options.port, options.share)
    print(f"{options.run} is at {address}", flush=True)
    if options.share:
        print("Other machines put the name of this one for localhost; whoever has the address may rename kinds.")
    print("Ctrl-C ends it.", flush=True)
    if not options.no_browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()  # some wait for the page
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("Ended.")
    finally:
        server.server_close()
