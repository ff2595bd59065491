"""What both scripts need: names, and a clock of processor time."""

import statistics
import time

FIRST = ["anna", "bruno", "celia", "david", "elena", "farid", "grete", "hiro", "ines", "jonas", "karla", "liam"]
LAST = ["abel", "brandt", "costa", "dufour", "egger", "fischer", "garcia", "holm", "ivanov", "jansen", "keller"]


def people(arguments):
    """How many people are asked for."""
    return int(arguments[1]) if len(arguments) > 1 else 100_000


def name(n):
    """The name of person number n."""
    return "%s.%s%d" % (FIRST[n * 7 % len(FIRST)], LAST[n * 13 % len(LAST)], n)


def measure(what, run, times):
    """Runs it so many times and says the median of its processor time."""
    run(0)
    spent = []
    for turn in range(1, times + 1):
        began = time.process_time()
        run(turn)
        spent.append(time.process_time() - began)
    print("%-24s %10.3f ms" % (what, statistics.median(spent) * 1000), flush=True)
