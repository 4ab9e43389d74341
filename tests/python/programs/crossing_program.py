"""Trains and saves, then resumes what is named, in every form that the SDK has.

Argument: {"steps": 6, "saveAfter": 3, "states": {name: path}, "samplers": {name: path}}. Without states it trains.
"""

import warnings
from typing import Any

import tinker
from crossing_common import answer, batch, given, model, settled, train
from tinker import types

warnings.simplefilter("ignore")


def uninterrupted(service: tinker.ServiceClient, job: dict[str, Any]) -> dict[str, Any]:
    client = model(service)
    losses = train(client, 1, job["saveAfter"])
    state = client.save_state("half").result().path
    sampler = client.save_weights_for_sampler("half").result().path
    return {
        "losses": losses + train(client, job["saveAfter"] + 1, job["steps"]),
        "state": state,
        "sampler": sampler,
    }


def created(service: tinker.ServiceClient, path: str, optimizer: bool) -> tinker.TrainingClient:
    if optimizer:
        return settled(service.create_training_client_from_state_with_optimizer(path))
    return settled(service.create_training_client_from_state(path))


def loaded(service: tinker.ServiceClient, path: str, optimizer: bool) -> tinker.TrainingClient:
    client = model(service)
    (client.load_state_with_optimizer(path) if optimizer else client.load_state(path)).result()
    return client


def resumed(service: tinker.ServiceClient, path: str, job: dict[str, Any]) -> dict[str, list[float]]:
    forms = {"created": created}
    # Deprecated by newer versions: one may come that is without it.
    if hasattr(tinker.TrainingClient, "load_state"):
        forms["loaded"] = loaded
    return {
        f"{name} {'with' if optimizer else 'without'} optimizer": train(
            form(service, path, optimizer), job["saveAfter"] + 1, job["steps"]
        )
        for name, form in forms.items()
        for optimizer in (True, False)
    }


def sampled(service: tinker.ServiceClient, path: str) -> list[dict[str, Any]]:
    sampler = settled(service.create_sampling_client(model_path=path))
    params = types.SamplingParams(max_tokens=12, seed=3, temperature=1.0)
    result = sampler.sample(batch(1)[0].model_input, num_samples=2, sampling_params=params).result()
    return [{"tokens": list(one.tokens), "logprobs": list(one.logprobs or [])} for one in result.sequences]


def main() -> None:
    job = given()
    service = tinker.ServiceClient()
    if "states" not in job:
        answer(uninterrupted(service, job))
        return
    answer(
        {
            "curves": {name: resumed(service, path, job) for name, path in job["states"].items()},
            "samples": {name: sampled(service, path) for name, path in job["samplers"].items()},
        }
    )


main()
