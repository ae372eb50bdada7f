-- The journal and what moves it: heads, relay cursors, inbox.
-- Roles exist before this file runs; who may insert which type of event is generated from the code's table of owners
-- after every migration (policies journal_insert_*), so it is not repeated here.

-- Tenants are apart by row-level security on a setting of the transaction; '*' is for loops that serve all tenants.
create function parapet_tenant_visible(tenant text) returns boolean
  language sql stable parallel safe
  return tenant = current_setting('parapet.tenant', true) or current_setting('parapet.tenant', true) = '*';

create table journal (
  tenant      text        not null check (tenant ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  seq         bigint      not null check (seq between 1 and 9007199254740991),
  id          text        not null unique,
  stream      text        not null check (stream <> ''),
  version     bigint      not null check (version between 1 and 9007199254740991),
  environment text        not null,
  workload    text        not null,
  type        text        not null check (type ~ '^[a-z0-9-]+\.[a-z0-9-]+$'),
  data        jsonb       not null check (jsonb_typeof(data) = 'object'),
  actor       jsonb       not null check (jsonb_typeof(actor) = 'object'),
  occurred_at timestamptz not null check (occurred_at = date_trunc('milliseconds', occurred_at)),
  recorded_at timestamptz not null check (recorded_at = date_trunc('milliseconds', recorded_at)),
  trace       text,
  prev_hash   text        not null check (prev_hash ~ '^[0-9a-f]{64}$'),
  hash        text        not null check (hash ~ '^[0-9a-f]{64}$'),
  primary key (tenant, seq),
  unique (tenant, stream, version)
);
comment on table journal is 'Event store, audit log and outbox at once; append-only, hash-chained per tenant.';
create table journal_heads (
  tenant      text        primary key,
  seq         bigint      not null,
  hash        text        not null,
  recorded_at timestamptz not null
);
comment on table journal_heads is 'The newest row of each tenant''s chain; its row lock gives out seq.';

create table relay_cursor (
  tenant     text        primary key,
  seq        bigint      not null default 0,
  checked_at timestamptz not null default '-infinity'
);
comment on table relay_cursor is 'Up to which seq the stream has confirmed a tenant''s rows; its row lock makes one relayer at a time.';

create table inbox (
  consumer   text        not null,
  tenant     text        not null,
  seq        bigint      not null,
  handled_at timestamptz not null default now(),
  primary key (consumer, tenant, seq)
);
comment on table inbox is 'Which journal rows a consumer has applied, written in the transaction of their effects.';
create index inbox_by_age on inbox (consumer, handled_at);

create table inbox_floor (
  consumer text   not null,
  tenant   text   not null,
  seq      bigint not null,
  primary key (consumer, tenant)
);
comment on table inbox_floor is 'Rows of the inbox up to this seq were pruned and count as applied.';

-- Locks the chain of a tenant until the transaction ends and says what a next row follows.
-- Its owner may write the heads, the services may not: a head moves only with a row that follows it (below).
create function journal_lock(of_tenant text, of_stream text)
  returns table (seq bigint, hash text, recorded_at timestamptz, version bigint)
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  head journal_heads;
begin
  if parapet_tenant_visible(of_tenant) is not true then
    raise exception 'journal of tenant % is not visible in this transaction', of_tenant using errcode = '42501';
  end if;
  select * into head from journal_heads h where h.tenant = of_tenant for update;
  if not found then
    insert into journal_heads values (of_tenant, 0, repeat('0', 64), '-infinity') on conflict do nothing;
    insert into relay_cursor (tenant) values (of_tenant) on conflict do nothing;
    select * into head from journal_heads h where h.tenant = of_tenant for update;
  end if;
  -- Read after the lock was granted, so that no other append of this tenant can be under way.
  select coalesce(max(j.version), 0) into version from journal j where j.tenant = of_tenant and j.stream = of_stream;
  seq := head.seq;
  hash := head.hash;
  -- Never behind the row before: a clock set back must not reorder the story.
  recorded_at := greatest(head.recorded_at, date_trunc('milliseconds', clock_timestamp()));
  return next;
end $$;

-- A row is taken only where it follows the head without a gap, whoever wrote it; the head then moves to it.
create function journal_follow() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  broken record;
begin
  perform 1 from journal_heads h where h.tenant in (select a.tenant from added a) order by h.tenant for update;
  select a.* into broken
    from (select tenant, stream, seq, version, prev_hash,
                 lag(seq) over chain as seq_before, lag(hash) over chain as hash_before
            from added window chain as (partition by tenant order by seq)) a
    left join journal_heads h using (tenant)
   where a.seq is distinct from coalesce(a.seq_before, h.seq) + 1
      or a.prev_hash is distinct from coalesce(a.hash_before, h.hash)
      or (a.version > 1 and not exists (
            select 1 from journal p where p.tenant = a.tenant and p.stream = a.stream and p.version = a.version - 1))
   limit 1;
  if found then
    raise exception 'row % of tenant % (version % of %) does not follow the chain', broken.seq, broken.tenant, broken.version, broken.stream
      using errcode = '23514';
  end if;
  update journal_heads h set seq = a.seq, hash = a.hash, recorded_at = a.recorded_at
    from (select distinct on (tenant) tenant, seq, hash, recorded_at from added order by tenant, seq desc) a
   where h.tenant = a.tenant;
  return null;
end $$;
create trigger journal_follow after insert on journal
  referencing new table as added for each statement execute function journal_follow();

-- Append-only, for the owner too: what was recorded is never edited, and `parapet audit verify` shows it if somebody found a way.
create function parapet_append_only() returns trigger language plpgsql as $$
begin
  raise exception '% of % is refused: its rows are never changed or removed', tg_op, tg_table_name using errcode = '42501';
end $$;
create trigger journal_append_only before update or delete or truncate on journal
  for each statement execute function parapet_append_only();

alter table journal enable row level security;
alter table journal_heads enable row level security;
alter table relay_cursor enable row level security;
alter table inbox enable row level security;
alter table inbox_floor enable row level security;

create policy journal_read on journal for select using (parapet_tenant_visible(tenant));
create policy journal_heads_read on journal_heads for select using (parapet_tenant_visible(tenant));
create policy relay_cursor_tenant on relay_cursor
  using (parapet_tenant_visible(tenant)) with check (parapet_tenant_visible(tenant));

-- A service keeps the inbox of its own consumers only: marking another's message as applied would suppress its effect.
create function parapet_owns_consumer(consumer text) returns boolean
  language sql stable
  return current_user = 'parapet_' || replace(consumer, '-', '_')
      or starts_with('parapet_' || replace(consumer, '-', '_'), current_user || '_')
      or starts_with('parapet_' || replace(consumer, '-', '_'), current_user || '.');
create policy inbox_own on inbox
  using (parapet_tenant_visible(tenant) and parapet_owns_consumer(consumer))
  with check (parapet_tenant_visible(tenant) and parapet_owns_consumer(consumer));
create policy inbox_floor_own on inbox_floor
  using (parapet_tenant_visible(tenant) and parapet_owns_consumer(consumer))
  with check (parapet_tenant_visible(tenant) and parapet_owns_consumer(consumer));

revoke all on function journal_lock(text, text), journal_follow() from public;
grant execute on function journal_lock(text, text) to
  parapet_metrics_ingestion, parapet_kpi_probing, parapet_guardrail_evaluation, parapet_release_control, parapet_rollback_actuation;
grant select on journal, journal_heads, relay_cursor to
  parapet_metrics_ingestion, parapet_kpi_probing, parapet_guardrail_evaluation, parapet_release_control, parapet_rollback_actuation;
grant update (seq, checked_at) on relay_cursor to
  parapet_metrics_ingestion, parapet_kpi_probing, parapet_guardrail_evaluation, parapet_release_control, parapet_rollback_actuation;
grant select, insert, delete on inbox to
  parapet_metrics_ingestion, parapet_kpi_probing, parapet_guardrail_evaluation, parapet_release_control, parapet_rollback_actuation;
grant select, insert, update on inbox_floor to
  parapet_metrics_ingestion, parapet_kpi_probing, parapet_guardrail_evaluation, parapet_release_control, parapet_rollback_actuation;
