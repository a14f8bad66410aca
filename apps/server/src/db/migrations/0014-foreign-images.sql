-- Images of other registries: whose signatures an account trusts, and what examining each name found.
create table trust_policy (
  account_id uuid not null references account,
  version integer not null,
  digest text not null,
  content jsonb not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  primary key (account_id, version)
);
call guard_account_table('trust_policy');

create table foreign_image (
  account_id uuid not null references account,
  -- host/repository, in the one spelling that all others are read as
  name text not null,
  -- a tag, a digest, or tag@digest
  reference text not null,
  -- what the reference means; null until it is known
  digest text,
  state text not null default 'examining' check (state in ('examining', 'trusted', 'refused', 'unreachable')),
  reasons jsonb not null default '[]',
  -- how each rule was met or not
  rules jsonb not null default '[]',
  -- the version of the trust policy that the state follows from; 0: none yet
  policy_version integer not null default 0,
  examined_at timestamptz,
  -- until when "trusted" counts without another look
  valid_until timestamptz,
  -- examinations in a row that did not reach the registry
  failures integer not null default 0,
  next_at timestamptz not null default now(),
  asked_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  primary key (account_id, name, reference)
);
create index foreign_image_due on foreign_image (next_at) where state in ('examining', 'trusted');
create index foreign_image_asked on foreign_image (account_id, asked_at desc);
call guard_account_table('foreign_image');

-- User names and passwords for examining images of other registries.
create table registry_credential (
  account_id uuid not null references account,
  -- host[:port] in lower case
  host text not null,
  user_name text not null,
  -- the password, encrypted under the master key; only the signer process can open it
  sealed jsonb not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  primary key (account_id, host)
);
call guard_account_table('registry_credential');
