"""What the server offers."""

import json

import tinker

service = tinker.ServiceClient()
capabilities = service.get_server_capabilities()
print(json.dumps({"models": [model.model_name for model in capabilities.supported_models]}))
