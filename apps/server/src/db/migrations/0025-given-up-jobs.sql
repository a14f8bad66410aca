-- Whether the queue holds a job that was taken so often that nobody takes it again. A job that is not there at all was
-- ended by a process that had been taken for dead, while another was at the work: that work is not given up.
create function has_dead_job(task text, payload_key text, subject text)
returns boolean language sql stable security definer set search_path = public as $$
  select exists (
    select from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
    where t.identifier = has_dead_job.task and j.payload->>payload_key = subject and j.attempts >= j.max_attempts and j.locked_at is null)
$$;
revoke execute on function has_dead_job from public;
grant execute on function has_dead_job to pratique_system;
