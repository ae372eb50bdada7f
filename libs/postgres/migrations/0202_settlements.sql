-- Words of people on doubtful alerts, on their way to the owner of the partition. release-control adds a row in the transaction of the
-- journal's alert.settled, the owner applies it in the transaction of what follows from it. What was said stands in the journal alone.

create table evaluation_settlement (
  tenant      text    not null,
  -- The row of the journal.
  seq         bigint  not null,
  environment text    not null,
  source      text    not null,
  fingerprint text    not null,
  episode     integer not null,
  applied_at  timestamptz,
  -- Why it changed nothing after all: the alert had moved on before the word was applied.
  refused     text,
  primary key (tenant, seq)
);
comment on table evaluation_settlement is 'Which rows of the journal settle alerts by hand, and what became of them.';
-- One word on one episode at a time: the second of two people is told that there is a first.
create unique index evaluation_settlement_waiting on evaluation_settlement (tenant, environment, source, fingerprint, episode)
  where applied_at is null;

alter table evaluation_settlement enable row level security;
create policy evaluation_settlement_tenant on evaluation_settlement
  using (parapet_tenant_visible(tenant)) with check (parapet_tenant_visible(tenant));

grant select, insert on evaluation_settlement to parapet_release_control;
grant select, delete, update (applied_at, refused) on evaluation_settlement to parapet_guardrail_evaluation;

-- To say which release an alert belongs to, as the evaluator does; reading only.
grant select on evaluation_release to parapet_release_control;
