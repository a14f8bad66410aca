-- What each update of the advisories changed: of packages that had been matched before, which holes came, went, or are
-- said to be otherwise. Rows are written in the transaction that changes the matches, so that whoever is ended half way
-- neither loses nor doubles any.
create table advisory_update (
  update_id bigint generated always as identity primary key,
  -- null: nothing had been swept before
  from_snapshot text,
  to_snapshot text not null,
  -- Revision of the matching code; the same snapshot under another one is an update as well.
  matcher integer not null,
  at timestamptz not null default now(),
  finished_at timestamptz
);

create table advisory_update_row (
  update_id bigint not null references advisory_update on delete cascade,
  package_id bigint not null references package,
  advisory_id text not null,
  kind text not null check (kind in ('affected', 'cleared', 'changed')),
  aliases text[] not null,
  title text,
  -- {severity, status, fixedVersion, exploited}; null: no finding
  before jsonb,
  after jsonb,
  at timestamptz not null default now(),
  primary key (update_id, package_id, advisory_id)
);
create index on advisory_update_row (package_id);
create index on advisory_update_row (advisory_id);
create index on advisory_update_row using gin (aliases);

-- A tenant sees what concerns packages of its own images.
call guard_shared_table('advisory_update_row', 'exists (select from account_package h where h.package_id = advisory_update_row.package_id)');
call guard_shared_table('advisory_update', 'exists (select from advisory_update_row r where r.update_id = advisory_update.update_id)');
revoke insert on advisory_update, advisory_update_row from pratique_tenant;

create view held_update as
  select h.account_id, h.images, r.* from account_package h join advisory_update_row r using (package_id)
  where h.account_id = any (tenant_accounts());
grant select on held_update to pratique_tenant;
