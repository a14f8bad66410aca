-- Accounts, people, robots, sessions, audit. The two database roles are the second wall behind the checks in code:
-- pratique_tenant sees the rows of the accounts in the setting pratique.accounts, pratique_system sees all.
do $$
begin
  if not exists (select from pg_roles where rolname = 'pratique_tenant') then create role pratique_tenant nologin nobypassrls; end if;
  if not exists (select from pg_roles where rolname = 'pratique_system') then create role pratique_system nologin nobypassrls; end if;
exception when duplicate_object or unique_violation then null; -- another database of the same server created them meanwhile
end $$;
grant pratique_tenant, pratique_system to current_user;
grant usage on schema public to pratique_tenant, pratique_system;
alter default privileges in schema public grant usage, select on sequences to pratique_tenant, pratique_system;

create function tenant_accounts() returns uuid[] language sql stable parallel safe
  as $$ select coalesce(nullif(current_setting('pratique.accounts', true), ''), '{}')::uuid[] $$;

-- Guards a table that carries account_id; called once for each such table.
create procedure guard_account_table(name text) language plpgsql as $$
begin
  execute format('alter table %I enable row level security', name);
  execute format('alter table %I force row level security', name);
  execute format('create policy tenant on %I to pratique_tenant using (account_id = any (tenant_accounts())) with check (account_id = any (tenant_accounts()))', name);
  execute format('create policy system on %I to pratique_system using (true) with check (true)', name);
  execute format('grant select, insert, update, delete on %I to pratique_tenant, pratique_system', name);
end $$;

create table account (
  account_id uuid primary key default gen_random_uuid(),
  name text not null unique check (name ~ '^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$' and length(name) <= 60),
  created_at timestamptz not null default now(),
  outbox_seq bigint not null default 0
);
call guard_account_table('account');

create table person (
  person_id uuid primary key default gen_random_uuid(),
  name text not null unique,
  password_hash text not null,
  -- may make accounts and people, see the instance's own settings; nothing inside an account follows from it
  is_admin boolean not null default false,
  created_at timestamptz not null default now(),
  disabled_at timestamptz
);
grant select, insert, update, delete on person to pratique_system;

create table membership (
  account_id uuid not null references account,
  person_id uuid not null references person,
  role text not null check (role in ('owner', 'maintainer', 'developer', 'reader')),
  created_at timestamptz not null default now(),
  primary key (account_id, person_id)
);
create index on membership (person_id);
call guard_account_table('membership');

create table robot (
  robot_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
  role text not null check (role in ('maintainer', 'developer', 'reader')),
  repositories text[] not null default '{**}',
  token_hash bytea not null unique,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create unique index robot_live_name on robot (account_id, name) where revoked_at is null;
call guard_account_table('robot');

create table session (
  token_hash bytea primary key,
  session_id uuid not null unique default gen_random_uuid(),
  person_id uuid not null references person,
  kind text not null check (kind in ('browser', 'cli')),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index on session (person_id);
grant select, insert, update, delete on session to pratique_system;

create table audit (
  audit_id bigint generated always as identity primary key,
  account_id uuid not null references account,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  subject text not null,
  detail jsonb not null default '{}',
  request_id text not null,
  address text
);
create index on audit (account_id, audit_id desc);
call guard_account_table('audit');
revoke update, delete on audit from pratique_tenant, pratique_system;
