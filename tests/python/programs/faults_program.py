"""Meets one fault with the official SDK, and tells what came of it.

Arguments: the defect's number ("D1"), and the fault rules to inject, as a JSON array.
"""

import asyncio
import json
import os
import sys
import urllib.request
import warnings
from typing import Any, Callable

import tinker
from crossing_common import answer, batch, model, settled, train
from tinker import types

warnings.simplefilter("ignore")

# How long a program waits before it says that nothing came of an operation: where that is to be seen, and else.
PATIENCE, LONG = 4.0, 60.0
ADAM = types.AdamParams(learning_rate=1e-3)


def inject() -> None:
    """Called once what comes before the fault is done."""
    for rule in json.loads(sys.argv[2]):
        request = urllib.request.Request(
            os.environ["TINKER_BASE_URL"] + "/api/v1/local/faults",
            data=json.dumps(rule).encode(),
            headers={"x-api-key": os.environ["TINKER_API_KEY"], "content-type": "application/json"},
        )
        urllib.request.urlopen(request).close()


def outcome(future: Any, patience: float = LONG) -> str:
    """What became of an operation: done, failed with what, or nothing as long as one waited."""
    try:
        future.result(timeout=patience)
    except TimeoutError:
        return "nothing"
    except Exception as error:
        return f"failed: {type(error).__name__}"
    return "done"


async def timed_out(future: Any) -> None:
    try:
        await future.result_async(timeout=0.1)
    except TimeoutError:
        pass


def d1(service: tinker.ServiceClient, give_up: Callable[[Any], Any]) -> dict[str, str]:
    """The first step takes a while; the second waits in the queue and is given up; the third is called after it."""
    client = model(service)
    inject()
    first, second = client.optim_step(ADAM), client.optim_step(ADAM)
    give_up(second)
    third = client.optim_step(ADAM)
    return {"model": client.model_id, "first": outcome(first), "third": outcome(third, PATIENCE)}


def d2(service: tinker.ServiceClient) -> dict[str, str]:
    """Each datum is a chunk of its own; after a step that went well one of three chunks is refused."""
    client = model(service)
    train(client, 1, 1)
    inject()
    passed = client.forward_backward(batch(1) + batch(2)[:1], "cross_entropy")
    stepped = client.optim_step(ADAM)
    return {"model": client.model_id, "pass": outcome(passed), "step": outcome(stepped, PATIENCE)}


def d3(service: tinker.ServiceClient) -> dict[str, str]:
    """A named save for sampling, and at once the step after it."""
    client = model(service)
    outcomes = []
    for turn in range(30):
        calls = [client.save_weights_for_sampler(f"turn-{turn}"), client.optim_step(ADAM)]
        outcomes += [outcome(call) for call in calls]
    return {"model": client.model_id, "outcomes": ", ".join(sorted(set(outcomes)))}


def step(service: tinker.ServiceClient, patience: float = LONG) -> dict[str, str]:
    """One step, whose request or result meets the fault."""
    client = model(service)
    inject()
    return {"model": client.model_id, "step": outcome(client.optim_step(ADAM), patience)}


def d5(service: tinker.ServiceClient) -> dict[str, str]:
    """A save under a name that the server says is taken."""
    client = model(service)
    inject()
    return {"model": client.model_id, "save": outcome(client.save_state("taken"), PATIENCE)}


def restore(service: tinker.ServiceClient) -> dict[str, str]:
    """A checkpoint is restored; its load, or what is told of it, meets the fault."""
    client = model(service)
    path = client.save_state("saved").result().path
    inject()
    try:
        settled(service.create_training_client_from_state(path))
    except Exception as error:
        return {"model": client.model_id, "restore": f"failed: {type(error).__name__}"}
    return {"model": client.model_id, "restore": "done"}


programs: dict[str, Callable[[tinker.ServiceClient], dict[str, str]]] = {
    "D1 cancelled": lambda service: d1(service, lambda queued: queued.future().cancel()),
    "D1 timed out": lambda service: d1(service, lambda queued: asyncio.run(timed_out(queued))),
    "D2": d2,
    "D3": d3,
    "D4": step,
    "D5": d5,
    "D6": lambda service: step(service, 2),
    "D7": step,
    "D10": restore,
    "D16": restore,
}

answer(programs[sys.argv[1]](tinker.ServiceClient()))
# What hangs would keep the process.
os._exit(0)
