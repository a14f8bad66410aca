-- Webhooks: an account's events on their way to addresses that people named. What is due stands here until it has
-- arrived or was given up; what was given up can be sent again.
create table webhook (
  webhook_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
  -- scheme and host; the whole address may hold a secret and is sealed with the key
  origin text not null,
  sealed jsonb not null,
  types text[] not null,
  -- the last event of the account that was looked at
  cursor_seq bigint not null,
  enabled boolean not null default true,
  disabled_reason text,
  created_by text not null,
  created_at timestamptz not null default now(),
  removed_at timestamptz
);
create unique index webhook_live_name on webhook (account_id, name) where removed_at is null;
call guard_account_table('webhook');

create table webhook_delivery (
  webhook_delivery_id bigint generated always as identity primary key,
  account_id uuid not null references account,
  webhook_id uuid not null references webhook,
  -- null for a test
  seq bigint,
  type text not null,
  event jsonb not null,
  state text not null default 'due' check (state in ('due', 'delivered', 'dead')),
  attempts integer not null default 0,
  next_at timestamptz not null default now(),
  last_status integer,
  last_error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  unique (webhook_id, seq)
);
create index webhook_delivery_due on webhook_delivery (next_at) where state = 'due';
create index on webhook_delivery (webhook_id, webhook_delivery_id desc);
create index webhook_delivery_finished on webhook_delivery (finished_at) where state <> 'due';
call guard_account_table('webhook_delivery');
