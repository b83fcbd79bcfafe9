"""Starts `samnod` in processes of its own, each in a tenth of a second: the program is loaded once, and then forked.

The nodes of a test are processes as they are in earnest: each has its settings, its sockets and its database
connections for itself, and can be killed. Only the seconds that Python needs to load the program are saved. A process
lives no longer than the connection on which it was asked for, and none longer than the tests.

A request is one line of JSON: `arguments`, `environment`, `output` (a file) and `harm` (names of functions in
tests/sync/harm.py that are called in the new process before the program runs). The answers are its number, and later
how it ended and how much memory it had at most, in KiB.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any


def main() -> None:
    """Load the program, then serve requests at the socket named on the command line until nobody wants them."""
    from sqlalchemy.orm import configure_mappers

    import app.cli  # noqa: F401 -- loaded here, so that it need not be loaded again

    configure_mappers()
    gc.collect()
    gc.freeze()
    # Whoever minds a process is ours, and nobody waits for it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(sys.argv[1])
        listening.listen(64)
        print("ready", flush=True)
        while True:
            readable, _, _ = select.select([listening, sys.stdin], [], [])
            if sys.stdin in readable:
                # The tests have ended, however they did.
                return
            asked, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                mind(asked)
            asked.close()


def mind(asked: socket.socket) -> None:
    """Start what is asked for, say how it ended, and end it when nobody asks any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with asked.makefile("rw", encoding="utf-8") as wire:
        wanted = json.loads(wire.readline())
        child = os.fork()
        if child == 0:
            become(wanted)
        wire.write(f"{child}\n")
        wire.flush()
        ended = os.pidfd_open(child)
        readable, _, _ = select.select([ended, asked], [], [])
        if ended not in readable:
            os.kill(child, signal.SIGKILL)
        _, status, used = os.wait4(child, 0)
        if ended in readable:
            wire.write(f"{os.waitstatus_to_exitcode(status)} {used.ru_maxrss}\n")
            wire.flush()
    os._exit(0)


def become(wanted: dict[str, Any]) -> None:
    """Be the process that was asked for, from its first line to its last."""
    os.setsid()
    output = os.open(wanted["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(3, 256)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    code = 1
    try:
        sys.argv = ["samnod", *wanted["arguments"]]
        from app.cli import main as samnod
        from tests.sync import harm

        for name in wanted["harm"]:
            harm.do(name)
        samnod()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    # Run as a file, so the repository is not yet where Python looks.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main()
