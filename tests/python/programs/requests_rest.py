"""Every question about runs, checkpoints, sessions and the account, and every change of them."""

from datetime import date, datetime, timezone

from requests_common import got, run, small_client, types


def program(service):
    training = small_client(service)
    run_id = training.model_id
    session_id = run_id.split(":")[0]
    saved = training.save_state("kept").result().path
    doomed = training.save_state("doomed").result().path
    training.save_state("removed").result()
    sampled = training.save_weights_for_sampler("sampled").result().path
    sampler = got(service.create_sampling_client(model_path=sampled))

    rest = service.create_rest_client()
    rest.get_training_run(run_id).result()
    rest.get_training_run(run_id, access_scope="accessible").result()
    rest.get_training_run_by_tinker_path(saved).result()
    rest.get_weights_info_by_tinker_path(saved).result()
    rest.list_training_runs().result()
    rest.list_training_runs(limit=1, offset=1, access_scope="accessible", project_id="project-a").result()
    rest.list_checkpoints(run_id).result()
    rest.list_user_checkpoints().result()
    rest.list_user_checkpoints(limit=2, offset=2).result()
    rest.publish_checkpoint_from_tinker_path(saved).result()
    rest.unpublish_checkpoint_from_tinker_path(saved).result()
    rest.set_checkpoint_ttl_from_tinker_path(saved, 7200).result()
    rest.set_checkpoint_ttl_from_tinker_path(saved, None).result()
    rest.delete_checkpoint_from_tinker_path(doomed).result()
    rest.delete_checkpoint(run_id, "weights/removed").result()
    rest.get_session(session_id).result()
    rest.get_session(session_id, access_scope="accessible").result()
    rest.list_sessions().result()
    rest.list_sessions(limit=1, offset=1, access_scope="accessible").result()
    rest.assign_session_project(session_id, "project-2").result()
    rest.export_session_trace(session_id).result()
    rest.get_sampler(sampler_id(sampler)).result()
    rest.get_billing_usage(
        datetime(2026, 7, 13, tzinfo=timezone.utc), "2026-07-13T05:00:00Z"
    ).result()
    rest.get_audit_log().result()
    rest.get_audit_log("checkpoints", day=date(2026, 7, 13)).result()
    if hasattr(rest, "get_checkpoint_archive_url"):
        rest.get_checkpoint_archive_url(run_id, "weights/kept").result()
        rest.get_checkpoint_archive_url_from_tinker_path(sampled).result()


def sampler_id(sampler):
    return sampler._sampling_session_id


run(program)
