"""What is measured of one run through the SDK, by the rules of measure.mjs."""

import asyncio
import resource
import time
from collections import deque
from pathlib import Path


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def memory_mb(name):
    """A line of the process's memory in MB: VmRSS now, VmHWM at its highest. Where the system tells neither, as on
    macOS, the highest stands for both."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    for line in status.read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"/proc/self/status has no {name}")


class Span:
    """Time and CPU time between two points."""

    def __enter__(self):
        self._cpu = cpu_seconds()
        self._wall = time.perf_counter()
        return self

    def __exit__(self, *_):
        self.seconds = time.perf_counter() - self._wall
        self.cpu_seconds = cpu_seconds() - self._cpu


async def pipelined(count, ahead, call):
    """Makes `count` calls in order; the one `ahead` places before a call is awaited before it is made."""
    pending = deque()
    for index in range(count):
        if len(pending) == ahead:
            await pending.popleft()
        pending.append(call(index))
    while pending:
        await pending.popleft()


async def in_flight(count, ahead, call):
    """Makes `count` calls with always `ahead` of them unanswered, whichever is answered first."""
    numbers = iter(range(count))

    async def lane():
        for index in numbers:
            await call(index)

    await asyncio.gather(*[lane() for _ in range(min(ahead, count))])
