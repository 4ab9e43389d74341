"""Three steps and a save, called without waiting in between; then their results."""

from requests_common import datum, run, small_client, types


def program(service):
    training = small_client(service)
    futures = []
    for step in range(3):
        futures.append(training.forward_backward([datum(f"step {step}")], "cross_entropy"))
        futures.append(training.optim_step(types.AdamParams(learning_rate=0.001 * (step + 1))))
    futures.append(training.save_state("pipelined"))
    for future in futures:
        future.result()


run(program)
