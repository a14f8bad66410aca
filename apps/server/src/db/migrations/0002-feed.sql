-- The one feed: everything that changes is a row here, written in the transaction that changed it.
create table outbox (
  position bigint generated always as identity primary key,
  -- Rows become readable in the order of (txid, position) below the snapshot horizon: no late commit is skipped.
  txid xid8 not null default pg_current_xact_id(),
  account_id uuid not null references account,
  seq bigint not null,
  at timestamptz not null default now(),
  subject text not null,
  type text not null,
  data jsonb not null,
  unique (account_id, seq)
);
create index outbox_feed on outbox (txid, position);
create index outbox_recent on outbox (at);
call guard_account_table('outbox');
revoke update, delete on outbox from pratique_tenant;

-- Changes of people and sessions belong to no account; caches follow them by the same rules.
create table principal_change (
  position bigint generated always as identity primary key,
  txid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default clock_timestamp(),
  principal text not null
);
create index principal_change_feed on principal_change (txid, position);
create index principal_change_recent on principal_change (at);
grant select, insert, delete on principal_change to pratique_system;
grant insert on principal_change to pratique_tenant;
