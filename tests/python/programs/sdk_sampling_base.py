"""Samples from a base model."""

from tinker import types

from sdk_common import emit, open_service, plan, settled

given = plan()
prompt = types.ModelInput.from_ints(given["prompt"])
client = settled(open_service().create_sampling_client(base_model="local/tiny"))
[sequence] = client.sample(prompt, 1, types.SamplingParams(max_tokens=8, seed=3)).result().sequences
emit(tokens=sequence.tokens)
