-- The one feed: everything that changes is a row here, written in the transaction that changed it.
create table outbox (
  position bigint generated always as identity primary key,
  account_id uuid not null references account,
  -- Given under the lock of the account's row, so that it has no gaps and its order is the order of commits: whoever has
  -- read up to n has missed nothing below.
  seq bigint not null,
  at timestamptz not null default now(),
  subject text not null,
  type text not null,
  data jsonb not null,
  unique (account_id, seq)
);
create index outbox_recent on outbox (account_id, at);
call guard_account_table('outbox');
revoke update, delete on outbox from pratique_tenant;

-- Changes of people and sessions belong to no account. They are read below the snapshot horizon (no transaction that
-- may still write there is running), so that a late commit is not skipped; their order says nothing.
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
