-- While the authority is rotated there are two rows: `instance` issues; `next` will, once clusters trust it; `previous` did.
alter table authority add column changed_at timestamptz not null default now();
grant delete on authority to pratique_system;

-- SHA-256 of the authorities that both the agent and all webhooks of the cluster accept; null while nobody has told.
alter table cluster_agent add column trusts text[];
