"""A pass that the server wants compressed."""

from requests_common import datum, run, small_client


def program(service):
    training = small_client(service)
    training.forward_backward([datum() for _ in range(8)], "cross_entropy").result()


run(program)
