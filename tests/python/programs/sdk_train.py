"""Trains as its plan says: one call after the other, all submitted before any is awaited, or with asyncio."""

import asyncio

from sdk_common import adam, create, data, emit, open_service, passed, plan

given = plan()
batches = [data(batch) for batch in given["batches"]]
loss, config, settings = given["loss"], given["config"], adam(given["adam"])


def in_turn(client):
    passes, steps = [], []
    for batch in batches:
        passes.append(client.forward_backward(batch, loss, config).result())
        steps.append(client.optim_step(settings).result())
    return passes, steps, client.forward(batches[0], loss, config).result()


def pipelined(client):
    passes, steps = [], []
    for batch in batches:
        passes.append(client.forward_backward(batch, loss, config))
        steps.append(client.optim_step(settings))
    after = client.forward(batches[0], loss, config)
    return [each.result() for each in passes], [each.result() for each in steps], after.result()


async def with_asyncio(client):
    passes, steps = [], []
    for batch in batches:
        passes.append(await client.forward_backward_async(batch, loss, config))
        steps.append(await client.optim_step_async(settings))
    after = await client.forward_async(batches[0], loss, config)
    return [await each for each in passes], [await each for each in steps], await after.result_async()


async def open_with_asyncio(service):
    return await service.create_lora_training_client_async(given["model"], rank=given["rank"], seed=given["seed"])


service = open_service()
if given["mode"] == "asyncio":
    client = asyncio.run(open_with_asyncio(service))
    passes, steps, after = asyncio.run(with_asyncio(client))
else:
    client = create(service, given)
    passes, steps, after = (pipelined if given["mode"] == "pipelined" else in_turn)(client)
emit(
    model=client.get_info().model_id,
    passes=[passed(each) for each in passes],
    steps=[each.metrics for each in steps],
    after=passed(after),
)
