"""Passes that the server's limits split into several requests, and what is called after them."""

from requests_common import datum, run, small_client, types


def program(service):
    training = small_client(service)
    training.forward([datum("first")], "cross_entropy").result()
    data = [datum(f"example number {index}") for index in range(5)]
    futures = [
        training.forward_backward(data, "cross_entropy"),
        training.optim_step(types.AdamParams()),
        training.forward(data[:3], "cross_entropy"),
    ]
    for future in futures:
        future.result()


run(program)
