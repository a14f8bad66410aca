-- Approvals: a step may need several people, of a list, within a time. What each of them said stays.
alter table step_run add column expires_at timestamptz;
create table approval_answer (
  account_id uuid not null references account,
  step_run_id uuid not null references step_run,
  -- who answered; the id outlives a change of name
  actor_id text not null,
  actor text not null,
  approve boolean not null,
  reason text not null,
  answered_at timestamptz not null default now(),
  primary key (step_run_id, actor_id)
);
call guard_account_table('approval_answer');
revoke update, delete on approval_answer from pratique_tenant, pratique_system;
