"""One case of the benchmarks, once, through the official SDK in this process.

    python bench/cases/sdk.py CASE --url URL --transport pyqwest|httpx [--scale F]

Prints one line of JSON: case, client, operations, seconds, cpuSeconds, peakRssMB, extra. The SDK is used as its
documentation says: calls return futures at once, and what may overlap is called before anything is awaited. What a
program holds before it trains (datums, prompts) is made before the clock starts, which spares the SDK the conversion
of lists that it does when a datum is made.
"""

import argparse
import asyncio
import json
import logging
import os
import time
import warnings
from pathlib import Path

import numpy as np
import tinker
from sdk_measure import Span, cpu_seconds, in_flight, memory_mb, pipelined
from tinker import types

# What the SDK says about its deprecated calls, one line for every load, is not what is measured.
logging.getLogger("tinker").setLevel(logging.CRITICAL)
warnings.simplefilter("ignore")

CHECKPOINT = "tinker://bench:train:0/weights/bench"
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


def tokens_of(count, seed):
    return [(at * 7919 + seed * 104729 + 17) % WORK["vocabulary"] for at in range(count)]


def datum_of(tokens, seed, typed=False):
    targets, weights = tokens_of(tokens, seed + 1), [0.0 if at % 4 == 0 else 1.0 for at in range(tokens)]
    if typed:
        targets, weights = np.array(targets, dtype=np.int64), np.array(weights, dtype=np.float32)
    return types.Datum(
        model_input=types.ModelInput.from_ints(tokens_of(tokens, seed)),
        loss_fn_inputs={"target_tokens": targets, "weights": weights},
    )


async def training_client(service):
    return await service.create_lora_training_client_async(WORK["baseModel"], rank=WORK["rank"])


def save_or_load(training):
    """One call of the alternation, by its number."""

    def call(index):
        return training.save_state("bench") if index % 2 == 0 else training.load_state(CHECKPOINT)

    return call


async def start(service, work):
    training = await training_client(service)
    await training.save_state("bench")
    seconds = time.time() - float(os.environ["BENCH_SPAWNED_AT"]) / 1e3
    return seconds, cpu_seconds(), {}


async def in_turn(service, work):
    call = save_or_load(await training_client(service))

    async def each(count):
        for index in range(count):
            await call(index)

    await each(work["warmUp"])
    with Span() as span:
        await each(work["operations"])
    return span.seconds, span.cpu_seconds, {}


async def at_once(service, work):
    call = save_or_load(await training_client(service))
    await pipelined(work["warmUp"], work["warmUp"], call)
    with Span() as span:
        await pipelined(work["operations"], work["operations"], call)
    return span.seconds, span.cpu_seconds, {}


async def step(service, work):
    training = await training_client(service)
    adam = types.AdamParams(learning_rate=WORK["learningRate"])
    size = work["datums"]
    batches = [[datum_of(work["tokens"], batch * size + at) for at in range(size)] for batch in range(4)]

    def call(index):
        batch = batches[index % len(batches)]
        return asyncio.gather(training.forward_backward(batch, WORK["lossFn"]), training.optim_step(adam))

    await pipelined(work["warmUp"], work["ahead"], call)
    with Span() as span:
        await pipelined(work["operations"], work["ahead"], call)
    return span.seconds, span.cpu_seconds, {}


async def big_batch(service, work):
    training = await training_client(service)
    data = [datum_of(work["tokens"], at, typed=True) for at in range(work["datums"])]
    await training.forward_backward(data[: work["warmUpDatums"]], WORK["lossFn"])
    with Span() as span:
        output = await training.forward_backward(data, WORK["lossFn"])
        read = sum(one["logprobs"].to_numpy().size for one in output.loss_fn_outputs)
    if read != work["datums"] * work["tokens"]:
        raise RuntimeError(f"the result has {read} log-probabilities")
    return span.seconds, span.cpu_seconds, {}


async def sample(service, work):
    sampling = await service.create_sampling_client_async(base_model=WORK["baseModel"])
    prompts = [types.ModelInput.from_ints(tokens_of(work["promptTokens"], seed)) for seed in range(16)]
    params = types.SamplingParams(max_tokens=work["maxTokens"])

    async def call(index):
        future = sampling.sample(prompts[index % len(prompts)], 1, params)
        # Until 0.26 it was a future of threads only.
        answer = await (future if hasattr(future, "__await__") else asyncio.wrap_future(future))
        if len(answer.sequences[0].tokens) != work["maxTokens"]:
            raise RuntimeError("the sample is not whole")

    await in_flight(work["warmUp"], work["ahead"], call)
    with Span() as span:
        await in_flight(work["operations"], work["ahead"], call)
    return span.seconds, span.cpu_seconds, {}


async def soak(service, work):
    call = save_or_load(await training_client(service))
    await call(0)
    await asyncio.sleep(work["idleMs"] / 1e3)
    idle = memory_mb("VmRSS")
    samples = []
    with Span() as span:
        for done in range(0, work["operations"], work["every"]):
            count = min(work["every"], work["operations"] - done)
            await pipelined(count, work["ahead"], call)
            samples.append({"operations": done + count, "rssMB": memory_mb("VmRSS")})
    return span.seconds, span.cpu_seconds, {"idleRssMB": idle, "endRssMB": memory_mb("VmRSS"), "samples": samples}


CASES = {
    "start": start,
    "in-turn": in_turn,
    "at-once": at_once,
    "step": step,
    "big-batch": big_batch,
    "sample": sample,
    "soak": soak,
}


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
    seconds, cpu, extra = asyncio.run(CASES[options.case](service, work))
    line = {
        "case": options.case,
        "client": f"sdk-{options.transport}",
        "operations": work["operations"],
        "seconds": seconds,
        "cpuSeconds": cpu,
        "peakRssMB": memory_mb("VmHWM"),
        "extra": {**extra, "version": tinker.__version__, "transports": transports_in_use(service)},
    }
    print(json.dumps(line), flush=True)
    # Nothing is left to do: what the SDK would still send on its way out is not what is measured.
    os._exit(0)


main()
