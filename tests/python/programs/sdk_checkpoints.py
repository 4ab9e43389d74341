"""Saves in the middle of training, trains on, and takes each way back; then trains on from there."""

import asyncio

from sdk_common import adam, create, data, emit, open_service, passed, plan, settled

given = plan()
settings = adam(given["adam"])
batches = [data(batch) for batch in given["batches"]]
service = open_service()


def train(client, batch):
    output = client.forward_backward(batch, given["loss"]).result()
    step = client.optim_step(settings).result()
    return {"pass": passed(output), "step": step.metrics}


client = create(service, given)
train(client, batches[0])
path = client.save_state("kept").result().path
emit(what="saved", path=path)
emit(what="trained on", result=train(client, batches[1]))

client.load_state_with_optimizer(path).result()
emit(what="load_state_with_optimizer", result=train(client, batches[1]))
client.load_state(path).result()
emit(what="load_state", result=train(client, batches[1]))


async def load_with_asyncio():
    await (await client.load_state_with_optimizer_async(path))
    emit(what="load_state_with_optimizer_async", result=train(client, batches[1]))
    await (await client.load_state_async(path)).result_async()
    emit(what="load_state_async", result=train(client, batches[1]))


async def save_with_asyncio():
    emit(what="save_state_async", path=(await (await client.save_state_async("kept-too"))).path)
    emit(what="save_weights_for_sampler_async", path=(await (await client.save_weights_for_sampler_async("for-sampling-too"))).path)


async def restore_with_asyncio():
    restored = await service.create_training_client_from_state_async(path)
    emit(what="create_training_client_from_state_async", result=train(restored, batches[1]))
    restored = await service.create_training_client_from_state_with_optimizer_async(path)
    emit(what="create_training_client_from_state_with_optimizer_async", result=train(restored, batches[1]))


asyncio.run(load_with_asyncio())
restored = settled(service.create_training_client_from_state(path, user_metadata={"from": "weights"}))
emit(what="create_training_client_from_state", result=train(restored, batches[1]), rank=restored.get_info().lora_rank)
restored = settled(service.create_training_client_from_state_with_optimizer(path))
emit(what="create_training_client_from_state_with_optimizer", result=train(restored, batches[1]))
asyncio.run(restore_with_asyncio())

name = client.save_state("kept", ttl_seconds=3600, overwrite=True).result().path
emit(what="overwritten", path=name)
emit(what="save_weights_for_sampler", path=client.save_weights_for_sampler("for-sampling", ttl_seconds=3600).result().path)
asyncio.run(save_with_asyncio())
