-- How far a guardrail is to be trusted: people's words on verdicts, breaches seen, what was proven, and where it stands on the ladder
-- observe, propose, act. All of it is written in the transaction of the journal rows that tell of it.

create table verdict_marks (
  tenant    text    not null,
  release   text    not null,
  -- Sequence of the verdict.changed that is meant.
  verdict   bigint  not null,
  -- Empty: the verdict as a whole.
  guardrail text    not null default '',
  subject   text    not null,
  is_right  boolean not null,
  -- Whether it speaks of a breach: of the guardrail, or of a verdict that said fail. Only these make a precision.
  is_of_breach boolean not null,
  reason    text    not null check (reason <> ''),
  -- The row of the journal.
  seq       bigint  not null,
  primary key (tenant, release, verdict, guardrail, subject)
);
comment on table verdict_marks is 'Each person''s last word on a verdict or a guardrail''s part in it.';

create table guardrail_breaches (
  tenant      text    not null,
  release     text    not null,
  guardrail   text    not null,
  environment text    not null,
  policy      text    not null,
  -- Of what it compared: a guardrail that compares something else is another one.
  digest      text    not null,
  -- Sequence of the first verdict.changed that has it in breach.
  verdict     bigint  not null,
  -- False for a guardrail that only observed: a word on the whole verdict says nothing about it.
  is_counted  boolean not null,
  breached_at timestamptz not null,
  primary key (tenant, release, guardrail)
);
comment on table guardrail_breaches is 'Which guardrails were in breach in which releases, from the streams of the releases.';
create index guardrail_breaches_of on guardrail_breaches (tenant, environment, policy, guardrail, breached_at desc);

create table guardrail_proofs (
  tenant      text not null,
  environment text not null,
  policy      text not null,
  guardrail   text not null,
  digest      text not null,
  -- When it was first shown to return data.
  data_at     timestamptz,
  -- When and how it was first shown to breach.
  breach_at   timestamptz,
  breach_by   text check (breach_by in ('watch', 'self-test')),
  -- The last self-test, passed or not.
  tested_at   timestamptz,
  test        jsonb,
  primary key (tenant, environment, policy, guardrail, digest),
  check ((breach_at is null) = (breach_by is null))
);
comment on table guardrail_proofs is 'What was shown of a guardrail: that its signal returns data, and that it can breach.';

create table guardrail_standings (
  tenant      text    not null,
  environment text    not null,
  policy      text    not null,
  guardrail   text    not null,
  -- As its policy says, and as was last told.
  declared    text    not null,
  mode        text    not null,
  why         text,
  is_stepped_down boolean not null default false,
  -- Marks after this row of the journal make its precision: a person restored it there.
  counted_from bigint not null default 0,
  -- For what it compares a person applied it without proof; null: nobody did.
  forced_digest text,
  primary key (tenant, environment, policy, guardrail)
);
comment on table guardrail_standings is 'Where each guardrail stands on the ladder, as the journal last told it.';

do $$
declare
  a_table text;
begin
  foreach a_table in array array['verdict_marks', 'guardrail_breaches', 'guardrail_proofs', 'guardrail_standings'] loop
    execute format('alter table %I enable row level security', a_table);
    execute format('create policy %I on %I using (parapet_tenant_visible(tenant)) with check (parapet_tenant_visible(tenant))',
      a_table || '_tenant', a_table);
  end loop;
end $$;

grant select, insert, update on verdict_marks, guardrail_proofs, guardrail_standings to parapet_release_control;
grant select, insert on guardrail_breaches to parapet_release_control;
