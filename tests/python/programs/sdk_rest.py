"""Trains a little, then makes every REST call, with and without asyncio, and writes what each answered."""

import asyncio
import datetime
import urllib.request

import tinker

from sdk_common import create, data, emit, open_service, plan, settled

given = plan()
service = open_service()
training = create(service, given)
training.forward_backward(data(given["batches"][0]), given["loss"]).result()
kept = training.save_state("kept").result().path
spare = training.save_state("spare").result().path
training.save_state("doomed").result()
training.save_state("doomed-too").result()
others = [training.save_state(name).result().path for name in ("other", "gone", "gone-too")]
sampled = training.save_weights_for_sampler("sampled").result().path
sampler = settled(service.create_sampling_client(model_path=sampled))
sampler.get_base_model()

rest = service.create_rest_client()
run = training.get_info().model_id
session = run.split(":")[0]
now = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
hour = datetime.timedelta(hours=1)
window = (now - hour, now + 2 * hour)
day = now.date()


def plain(result):
    return timeless(result.model_dump(mode="json")) if hasattr(result, "model_dump") else result


def timeless(value):
    """Without the storage used, which grows with every moment."""
    if isinstance(value, list):
        return [timeless(each) for each in value]
    if isinstance(value, dict):
        return {name: timeless(each) for name, each in value.items() if name != "gigabyte_hours"}
    return value


def fetched(url):
    with urllib.request.urlopen(url) as response:
        return len(response.read()) > 0


def call(name, *args, shown=plain, asynchronous=True, **options):
    """Calls it both ways; both have to answer the same."""
    answer = shown(getattr(rest, name)(*args, **options).result())
    if asynchronous and hasattr(rest, f"{name}_async"):
        awaited = shown(asyncio.run(getattr(rest, f"{name}_async")(*args, **options)))
        assert awaited == answer, f"{name}: {answer} and, with asyncio, {awaited}"
    emit(call=name, answer=answer)


def change(name, *args, again=None):
    """Calls it, and with asyncio once more: with other arguments where the same cannot be done twice."""
    getattr(rest, name)(*args).result()
    asyncio.run(getattr(rest, f"{name}_async")(*(again or args)))


change("set_checkpoint_ttl_from_tinker_path", kept, 3600)
change("set_checkpoint_ttl_from_tinker_path", spare, None)
change("publish_checkpoint_from_tinker_path", spare, again=[kept])
change("publish_checkpoint_from_tinker_path", sampled, again=[others[0]])
change("unpublish_checkpoint_from_tinker_path", kept, again=[others[0]])
rest.delete_checkpoint(run, "weights/doomed").result()
asyncio.run(rest.delete_checkpoint_async(run, "weights/doomed-too"))
change("delete_checkpoint_from_tinker_path", others[1], again=[others[2]])
change("assign_session_project", session, "a-project")

emit(run=run, session=session, kept=kept, sampled=sampled, day=day.isoformat(), window=[each.isoformat() for each in window])
call("get_training_run", run)
call("get_training_run_by_tinker_path", kept)
call("get_weights_info_by_tinker_path", kept)
call("list_training_runs", limit=5, offset=0, access_scope="accessible", project_id="a-project")
call("list_checkpoints", run)
call("list_user_checkpoints", limit=3, offset=1)
call("get_session", session)
call("list_sessions", limit=5, offset=0)
call("get_sampler", plain(rest.get_session(session).result())["sampler_ids"][0])
call("get_billing_usage", *window)
call("whoami")
# Of 0.25.0, get_audit_log_async asserts that it runs on the SDK's own event loop, which it never does.
call("get_audit_log", "checkpoints", day, asynchronous=tinker.__version__ != "0.25.0")
emit(call="get_audit_log", answer=plain(rest.get_audit_log(day=day).result()))
emit(trace=fetched(rest.export_session_trace(session).result()), awaited=fetched(asyncio.run(rest.export_session_trace_async(session))))
if hasattr(rest, "get_checkpoint_archive_url"):
    call("get_checkpoint_archive_url", run, "weights/kept", shown=lambda answer: fetched(answer.url))
    call("get_checkpoint_archive_url_from_tinker_path", sampled, shown=lambda answer: fetched(answer.url))
