-- Puts a job into the queue from inside the transaction that caused it, whatever the role of that transaction.
create function enqueue(task text, payload json, job_key text default null, run_at timestamptz default null, attempts integer default 12)
returns void language plpgsql security definer set search_path = public as $$
begin
  perform graphile_worker.add_job(
    identifier => task, payload => payload, run_at => run_at, max_attempts => attempts,
    job_key => job_key, job_key_mode => case when job_key is null then null else 'replace' end);
end $$;
grant execute on function enqueue to pratique_tenant, pratique_system;
