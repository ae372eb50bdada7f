-- What the evaluator keeps: where each partition stands, the state of its watches, alerts and series, history, and the evidence.

create table evaluation_partition (
  partition integer primary key,
  -- The last stream sequence whose effects are committed; what comes again up to here is skipped.
  position  bigint  not null default 0,
  -- The newest arrival stamp or tick, milliseconds since 1970.
  clock_ms  bigint  not null default 0
);
comment on table evaluation_partition is 'Position and clock of each partition, moved in the transaction of the batch.';

create table evaluation_instance (
  instance text        primary key,
  seen_at  timestamptz not null default clock_timestamp()
);
comment on table evaluation_instance is 'Who is there to share the partitions; a row older than some seconds is nobody.';

create table evaluation_release (
  tenant       text   not null,
  release      text   not null,
  environment  text   not null,
  workload     text   not null,
  partition    integer not null,
  name         text   not null,
  registered   jsonb  not null,
  phase        text   not null,
  -- The newest journal version applied; facts of an older one change nothing.
  version      bigint not null,
  started_at_ms bigint,
  live_at_ms    bigint,
  ended_at_ms   bigint,
  -- Whether the time between start and end may serve as history: not where the verdict was fail.
  is_history   boolean not null default true,
  primary key (tenant, release)
);
comment on table evaluation_release is 'Releases as the evaluator knows them, from EVENTS.';
create index evaluation_release_place on evaluation_release (partition, tenant, environment);

create table evaluation_fact (
  tenant      text    not null,
  seq         bigint  not null,
  partition   integer not null,
  environment text    not null,
  release     text    not null,
  version     bigint  not null,
  type        text    not null,
  fact        jsonb   not null,
  recorded_at_ms bigint not null,
  trace       text,
  applied_at  timestamptz,
  primary key (tenant, seq)
);
comment on table evaluation_fact is 'Events of releases on their way to the owner of the partition; any instance writes them, the owner applies them.';
create index evaluation_fact_waiting on evaluation_fact (partition, tenant, seq) where applied_at is null;

create table evaluation_watch (
  tenant      text    not null,
  release     text    not null,
  partition   integer not null,
  environment text    not null,
  -- All that the judgement needs besides the inputs; never changed.
  spec        jsonb   not null,
  state       jsonb   not null,
  -- How many inputs were judged, and their running digest (hex).
  inputs      integer not null,
  digest      text    not null,
  is_open     boolean not null,
  -- How the guardrails stand now: name, verdict, numbers and words of each.
  guardrails  jsonb   not null,
  clock_ms    bigint  not null,
  primary key (tenant, release)
);
comment on table evaluation_watch is 'The watch of each release: specification, state and present judgements.';
create index evaluation_watch_open on evaluation_watch (partition) where is_open;

create table evaluation_input (
  tenant   text    not null,
  release  text    not null,
  n        integer not null,
  clock_ms bigint  not null,
  input    jsonb   not null,
  primary key (tenant, release, n)
);
comment on table evaluation_input is 'Evidence: the inputs of a watch in the order they were judged; specification and inputs give the verdicts again.';

create table evaluation_verdict (
  tenant   text    not null,
  release  text    not null,
  n        integer not null,
  ordinal  integer not null,
  clock_ms bigint  not null,
  verdict  jsonb   not null,
  primary key (tenant, release, n, ordinal)
);
comment on table evaluation_verdict is 'Evidence: what was said after which input.';

create table evaluation_alerts (
  tenant      text    not null,
  environment text    not null,
  partition   integer not null,
  state       jsonb   not null,
  -- Alerts that name no release of ours or fit several; shown, blamed on none.
  unattached  jsonb   not null default '[]',
  primary key (tenant, environment)
);
comment on table evaluation_alerts is 'Alert episodes, groups and heartbeats of an environment.';

create table evaluation_series (
  tenant      text    not null,
  environment text    not null,
  partition   integer not null,
  series      text    not null,
  state       jsonb   not null,
  primary key (tenant, environment, series)
);
comment on table evaluation_series is 'Where each series stands: newest sample, last counter, keys seen.';
create index evaluation_series_partition on evaluation_series (partition);

create table evaluation_rollup (
  tenant      text        not null,
  environment text        not null,
  signal      text        not null,
  dimensions  jsonb       not null,
  minute      timestamptz not null,
  n           bigint      not null,
  count       double precision not null,
  of          double precision not null,
  sum         double precision not null,
  min         double precision,
  max         double precision,
  histogram   jsonb,
  primary key (tenant, environment, signal, minute, dimensions)
) partition by range (minute);
comment on table evaluation_rollup is 'One minute of one series; history for baselines, a table a day.';

-- Adds per-bucket counts of equal bounds; where the bounds changed within the minute the fuller one stays, as in libs/signals.
create function evaluation_merge_histograms(a jsonb, b jsonb) returns jsonb
  language sql immutable parallel safe
  return case
    when a is null then b
    when b is null then a
    when a -> 'bounds' = b -> 'bounds' then jsonb_build_object('bounds', a -> 'bounds', 'counts', (
      select jsonb_agg(x.value::float8 + y.value::float8 order by x.ordinality)
        from jsonb_array_elements_text(a -> 'counts') with ordinality x
        join jsonb_array_elements_text(b -> 'counts') with ordinality y using (ordinality)))
    when (select sum(value::float8) from jsonb_array_elements_text(a -> 'counts'))
      >= (select sum(value::float8) from jsonb_array_elements_text(b -> 'counts')) then a
    else b
  end;

-- Makes the tables of the named days and drops those older than 35 days; the evaluator may do that and nothing else to tables.
create function evaluation_rollup_days(days date[]) returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  a_day date;
  old text;
begin
  perform pg_advisory_xact_lock(7072171);
  foreach a_day in array days loop
    if a_day > current_date + 7 or a_day < current_date - 36 then
      raise exception 'no roll-ups are kept of %', a_day using errcode = '22023';
    end if;
    if to_regclass(format('evaluation_rollup_%s', to_char(a_day, 'YYYYMMDD'))) is null then
      execute format('create table %I partition of evaluation_rollup for values from (%L) to (%L)',
        'evaluation_rollup_' || to_char(a_day, 'YYYYMMDD'), a_day::text || ' 00:00:00+00', (a_day + 1)::text || ' 00:00:00+00');
    end if;
  end loop;
  for old in select relname from pg_class
    where relname ~ '^evaluation_rollup_\d{8}$' and relkind = 'r' and to_date(right(relname, 8), 'YYYYMMDD') < current_date - 36
  loop
    execute format('drop table %I', old);
  end loop;
end $$;
revoke all on function evaluation_rollup_days(date[]) from public;
grant execute on function evaluation_rollup_days(date[]) to parapet_guardrail_evaluation;

do $$
declare
  a_table text;
begin
  foreach a_table in array array['evaluation_release', 'evaluation_fact', 'evaluation_watch', 'evaluation_input',
    'evaluation_verdict', 'evaluation_alerts', 'evaluation_series', 'evaluation_rollup'] loop
    execute format('alter table %I enable row level security', a_table);
    execute format('create policy %I on %I using (parapet_tenant_visible(tenant)) with check (parapet_tenant_visible(tenant))',
      a_table || '_tenant', a_table);
  end loop;
end $$;

grant select, insert, update on evaluation_partition, evaluation_release, evaluation_fact, evaluation_watch, evaluation_alerts,
  evaluation_series, evaluation_rollup to parapet_guardrail_evaluation;
grant delete on evaluation_fact, evaluation_series to parapet_guardrail_evaluation;
grant select, insert, update, delete on evaluation_instance to parapet_guardrail_evaluation;
-- Evidence is written once.
grant select, insert on evaluation_input, evaluation_verdict to parapet_guardrail_evaluation;

-- Read models for the one that shows them, and for the one that verifies a rollback; reading only.
grant select on evaluation_watch, evaluation_input, evaluation_verdict, evaluation_alerts, evaluation_rollup to parapet_release_control;
