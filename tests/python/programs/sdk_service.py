"""What the server offers, what a model is, and what goes wrong with a base model that is not there."""

import tinker

from sdk_common import emit, open_service, settled

service = open_service()
capabilities = service.get_server_capabilities()
emit(models=[[model.model_name, model.max_context_length] for model in capabilities.supported_models])
client = settled(service.create_lora_training_client("local/tiny", rank=4, seed=1, train_mlp=False, user_metadata={"a": "b"}))
info = client.get_info()
emit(info=[info.model_id, info.model_data.model_name, info.is_lora, info.lora_rank])
try:
    settled(service.create_lora_training_client("local/none"))
except tinker.TinkerError as error:
    emit(error=type(error).__name__, message=str(error))
