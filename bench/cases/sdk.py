"""One case of the benchmarks, once, through the official SDK in this process.

    python bench/cases/sdk.py CASE --url URL --transport pyqwest|httpx [--scale F]

Prints one line of JSON: case, client, operations, seconds, cpuSeconds, peakRssMB, extra. The SDK is used as its
documentation says: calls return futures at once, and what may overlap is called before anything is awaited. What a
program holds before it trains (datums, prompts) is made before the clock starts, which spares the SDK the conversion
of lists that it does when a datum is made.
"""

import argparse
import asyncio
import gc
import json
import logging
import os
import resource
import sys
import time
import warnings
from collections import deque
from pathlib import Path

import tinker
from tinker import types

# What the SDK says about its deprecated calls, one line for every load, is not what is measured.
logging.getLogger("tinker").setLevel(logging.CRITICAL)
warnings.simplefilter("ignore")

WORK = json.loads(Path(__file__).resolve().parent.with_name("work.json").read_text())


def scaled(case, factor):
    """The parameters of a case. A warm-up shrinks with its work."""
    work = dict(WORK["cases"][case])
    names = [*work["scaled"], *(name for name in ("warmUp", "warmUpDatums") if name in work)]
    for name in names:
        work[name] = max(1, round(work[name] * factor))
    return work


def choose_transport(name):
    """The server tells the SDK which transport to use, and pyqwest is what it takes untold. This gives the answer of
    a server that tells it to use httpx."""
    if name == "pyqwest":
        return
    from tinker.lib.internal_client_holder import InternalClientHolder

    fetch = InternalClientHolder._fetch_client_config

    async def told_to_use_httpx(self, auth):
        config = await fetch(self, auth)
        return config.model_copy(update={"use_pyqwest_transport": False})

    InternalClientHolder._fetch_client_config = told_to_use_httpx


def transports_in_use(service):
    """The classes of the transports behind the clients that were used."""
    pools = service.holder._client_pools.values()
    clients = [client for pool in pools for client in pool._clients]
    return sorted({type(client._client._transport).__name__ for client in clients})


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def memory_mb(name):
    """A line of the process's memory in MB: VmRSS now, VmHWM at its highest."""
    for line in Path("/proc/self/status").read_text().splitlines():
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


async def in_window(ahead, count, call):
    """Makes `count` calls with at most `ahead` of them unanswered, and awaits them in order."""
    pending = deque()
    for index in range(count):
        if len(pending) == ahead:
            await pending.popleft()
        pending.append(call(index))
    while pending:
        await pending.popleft()


def tokens_of(count, shift=0):
    return [((at + shift) * 7919) % WORK["vocabulary"] for at in range(count)]


def datum_of(tokens, typed):
    inputs, targets, weights = tokens_of(tokens), tokens_of(tokens, 1), [1.0] * tokens
    if typed:
        import numpy as np

        targets, weights = np.array(targets, dtype=np.int64), np.array(weights, dtype=np.float32)
    return types.Datum(
        model_input=types.ModelInput.from_ints(inputs),
        loss_fn_inputs={"target_tokens": targets, "weights": weights},
    )


async def training_client(service):
    return await service.create_lora_training_client_async(WORK["baseModel"], rank=WORK["rank"])


async def saves_and_loads(training):
    """One call of the alternation, by its number. A load takes what a first save gave."""
    path = (await training.save_state("bench")).path

    def call(index):
        return training.save_state("bench") if index % 2 == 0 else training.load_state(path)

    return call


async def start(service, work):
    training = await training_client(service)
    await training.save_state("bench")
    seconds = time.time() - float(os.environ["BENCH_SPAWNED_AT"]) / 1e3
    return 1, seconds, cpu_seconds(), {}


async def in_turn(service, work):
    call = await saves_and_loads(await training_client(service))
    for index in range(work["warmUp"]):
        await call(index)
    with Span() as span:
        for index in range(work["operations"]):
            await call(index)
    return work["operations"], span.seconds, span.cpu_seconds, {}


async def at_once(service, work):
    call = await saves_and_loads(await training_client(service))
    await asyncio.gather(*[call(index) for index in range(work["warmUp"])])
    with Span() as span:
        await asyncio.gather(*[call(index) for index in range(work["operations"])])
    return work["operations"], span.seconds, span.cpu_seconds, {}


async def step(service, work):
    training = await training_client(service)
    typed = work["data"] == "typed"
    batch = [datum_of(work["tokens"], typed) for _ in range(work["datums"])]
    adam = types.AdamParams(learning_rate=WORK["learningRate"])

    def call(_):
        return asyncio.gather(training.forward_backward(batch, WORK["lossFn"]), training.optim_step(adam))

    await in_window(work["ahead"], work["warmUp"], call)
    with Span() as span:
        await in_window(work["ahead"], work["operations"], call)
    return work["operations"], span.seconds, span.cpu_seconds, {}


async def big_batch(service, work):
    training = await training_client(service)
    typed = work["data"] == "typed"
    batch = [datum_of(work["tokens"], typed) for _ in range(work["datums"])]
    await training.forward_backward(batch[: work["warmUpDatums"]], WORK["lossFn"])
    held = memory_mb("VmRSS")
    with Span() as span:
        output = await training.forward_backward(batch, WORK["lossFn"])
    answered = len(output.loss_fn_outputs)
    if answered != work["datums"]:
        raise RuntimeError(f"{answered} outputs for {work['datums']} datums")
    return work["operations"], span.seconds, span.cpu_seconds, {"rssBeforeMB": held}


async def sample(service, work):
    sampling = await service.create_sampling_client_async(base_model=WORK["baseModel"])
    prompt = types.ModelInput.from_ints(tokens_of(work["promptTokens"]))
    params = types.SamplingParams(max_tokens=work["maxTokens"], temperature=1.0)

    def call(_):
        return sampling.sample(prompt=prompt, num_samples=1, sampling_params=params)

    await in_window(work["ahead"], work["warmUp"], call)
    with Span() as span:
        await in_window(work["ahead"], work["operations"], call)
    return work["operations"], span.seconds, span.cpu_seconds, {}


async def soak(service, work):
    call = await saves_and_loads(await training_client(service))
    await asyncio.sleep(work["idleMs"] / 1e3)
    gc.collect()
    idle = memory_mb("VmRSS")
    samples = []

    def counted(index):
        if index > 0 and index % work["every"] == 0:
            samples.append({"operations": index, "rssMB": memory_mb("VmRSS")})
        return call(index)

    with Span() as span:
        await in_window(work["ahead"], work["operations"], counted)
    samples.append({"operations": work["operations"], "rssMB": memory_mb("VmRSS")})
    return work["operations"], span.seconds, span.cpu_seconds, {"idleMB": idle, "samples": samples}


CASES = {
    "start": start,
    "in-turn": in_turn,
    "at-once": at_once,
    "step": step,
    "big-batch": big_batch,
    "sample": sample,
    "soak": soak,
}


async def run(case, service, work):
    return await CASES[case](service, work)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=list(CASES))
    parser.add_argument("--url", required=True)
    parser.add_argument("--transport", choices=["pyqwest", "httpx"], default="pyqwest")
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args()

    choose_transport(options.transport)
    service = tinker.ServiceClient(base_url=options.url, api_key="tml-bench")
    work = scaled(options.case, options.scale)
    operations, seconds, cpu, extra = asyncio.run(run(options.case, service, work))
    line = {
        "case": options.case,
        "client": f"sdk-{options.transport}",
        "operations": operations,
        "seconds": seconds,
        "cpuSeconds": cpu,
        "peakRssMB": memory_mb("VmHWM"),
        "extra": {**extra, "version": tinker.__version__, "transports": transports_in_use(service)},
    }
    print(json.dumps(line), flush=True)
    # Nothing is left to do: what the SDK would still send on its way out is not what is measured.
    os._exit(0)


main()
