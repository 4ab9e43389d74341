"""Images and audio features in prompts and passes; each is answered with a failure."""

from requests_common import got, refused, run, small_client, types

PNG = bytes([137, 80, 78, 71, 13, 10, 26, 10, 0, 255])
# A tensor container: bytes, in two frames of three.
DMEL = bytes([4, 2, 2, 3, 0, 1, 2, 3, 4, 5])


def prompt(*chunks):
    return types.ModelInput(chunks=[types.EncodedTextChunk(tokens=[1, 2]), *chunks])


def program(service):
    image = types.ImageChunk(data=PNG, format="png", expected_tokens=2)
    plain = types.ImageChunk(data=PNG, format="jpeg", expected_tokens=None)
    asset = types.ImageAssetPointerChunk(format="png", location="assets/1.png", expected_tokens=2)
    sound = types.DmelChunk(dmel=DMEL)
    sampler = got(service.create_sampling_client(base_model="local/tiny"))
    params = types.SamplingParams()
    for chunks in ((image,), (plain,), (asset,), (sound, image)):
        refused(sampler.sample(prompt(*chunks), num_samples=1, sampling_params=params))
    training = small_client(service)
    inputs = {"target_tokens": [1, 2, 3, 4], "weights": [1.0, 1.0, 0.0, 0.0]}
    for chunk in (image, sound):
        data = [types.Datum(model_input=prompt(chunk), loss_fn_inputs=inputs)]
        refused(training.forward_backward(data, "cross_entropy"))


run(program)
