-- Actuations to carry out and to verify. The journal holds what was ordered and what happened; this only says whom to look at, and when.

create table actuations (
  tenant      text        not null,
  actuation   text        not null,
  release     text        not null,
  environment text        not null,
  components  text[]      not null check (cardinality(components) > 0),
  -- `acting` until its end is journaled, `verifying` until verified or not, `asking` where nobody knows what became of a step.
  phase       text        not null default 'acting' check (phase in ('acting', 'verifying', 'asking', 'closed')),
  due_at      timestamptz not null default now(),
  tries       int         not null default 0,
  ordered_at  timestamptz not null default now(),
  primary key (tenant, actuation)
);
comment on table actuations is 'Work of rollback-actuation: ordered rollbacks that are not over, and when to look at each next.';
create index actuations_due on actuations (due_at) where phase <> 'closed';

alter table actuations enable row level security;
create policy actuations_tenant on actuations
  using (parapet_tenant_visible(tenant)) with check (parapet_tenant_visible(tenant));

grant select, insert, update on actuations to parapet_rollback_actuation;
grant select on actuations to parapet_release_control;
