-- A job that was under way when its process was killed is taken again, with growing pauses (jobs/leases.ts): as often as
-- this before it counts as the cause. Twelve were too few for work that was unlucky on a machine in trouble.
create or replace function enqueue(task text, payload json, job_key text default null, run_at timestamptz default null, attempts integer default 25)
returns void language plpgsql security definer set search_path = public as $$
begin
  perform graphile_worker.add_job(
    identifier => task, payload => payload, run_at => run_at, max_attempts => attempts,
    job_key => job_key, job_key_mode => case when job_key is null then null else 'replace' end);
end $$;
update graphile_worker._private_jobs set max_attempts = 25 where max_attempts = 12 and attempts < 12;
