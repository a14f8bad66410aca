-- Facts about the installation that every process reads: which advisory snapshot is current, and the like.
create table setting (
  key text primary key,
  value jsonb not null,
  updated_at timestamptz not null default now()
);
grant select on setting to pratique_tenant;
grant select, insert, update, delete on setting to pratique_system;

-- Which worker ids are alive: jobs locked by others are taken over.
create table worker_lease (
  worker_id text primary key,
  process_name text not null,
  seen_at timestamptz not null default now()
);
grant select, insert, update, delete on worker_lease to pratique_system;
