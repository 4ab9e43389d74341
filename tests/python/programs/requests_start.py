"""What the server offers; a model with every option; a model with none."""

from requests_common import finish, got, tinker

OWN = {"X-Recorded": "yes"}
OLD = tinker.__version__ == "0.25.0"

service = tinker.ServiceClient(
    user_metadata={"experiment": "récorded", "step": "1"},
    **({"default_headers": OWN} if OLD else {"default_headers_overrides": OWN}),
)
service.get_server_capabilities()
full = got(
    service.create_lora_training_client(
        base_model="local/tiny",
        rank=8,
        seed=7,
        train_mlp=True,
        train_attn=False,
        train_unembed=False,
        user_metadata={"run": "full"},
    )
)
got(service.create_lora_training_client(base_model="local/tiny"))
full.get_info()
finish(service)
