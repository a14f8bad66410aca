-- Whether the queue still holds a job that may run: one that was taken too often stays there, with no attempt left.
create function has_live_job(task text, payload_key text, subject text)
returns boolean language sql stable security definer set search_path = public as $$
  select exists (
    select from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
    where t.identifier = has_live_job.task and j.payload->>payload_key = subject and (j.attempts < j.max_attempts or j.locked_at is not null))
$$;
revoke execute on function has_live_job from public;
grant execute on function has_live_job to pratique_system;
