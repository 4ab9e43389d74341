"""A model that is dropped; newer SDKs have no call for that."""

from requests_common import run, small_client, types
from tinker.lib.client_connection_pool_type import ClientConnectionPoolType


def program(service):
    training = small_client(service)
    holder = training.holder

    async def unload():
        with holder.aclient(ClientConnectionPoolType.TRAIN) as client:
            if hasattr(client.models, "unload"):
                request = types.UnloadModelRequest(model_id=training.model_id)
                await client.models.unload(request=request)

    holder.run_coroutine_threadsafe(unload()).result()


run(program)
