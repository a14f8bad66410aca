-- Jobs of one name in a queue run one after the other, whatever workers there are: repairs are long, and must not take the
-- places of all other work while they wait for each other.
create function enqueue_in(queue text, task text, payload json, run_at timestamptz default null, attempts integer default 25)
returns void language plpgsql security definer set search_path = public as $$
begin
  perform graphile_worker.add_job(
    identifier => task, payload => payload, queue_name => queue, run_at => run_at, max_attempts => attempts);
end $$;
grant execute on function enqueue_in to pratique_tenant, pratique_system;
