-- What release-control keeps beside the journal: read models of releases and proposals, and the answers given under an idempotency key.
-- Read models follow from the journal alone and are written in the transaction of the rows they show.

create table releases (
  tenant         text    not null,
  id             text    not null,
  environment    text    not null,
  workload       text    not null,
  name           text    not null,
  -- Digest of the registration's body: the same name with the same content is the same release.
  request_digest text    not null,
  components     text[]  not null,
  -- The newest journal version that this row shows.
  version        bigint  not null,
  phase          text    not null,
  -- When its watch ended with a pass: what may be gone back to.
  passed_at      timestamptz,
  -- The actuation that holds the components, while one is ordered or running.
  held_by        text,
  registered_at  timestamptz not null,
  view           jsonb   not null,
  primary key (tenant, id)
);
comment on table releases is 'Releases as they are shown, from their streams.';
create unique index releases_name on releases (tenant, environment, name);
create index releases_newest on releases (tenant, registered_at desc, id desc);
create index releases_passed on releases (tenant, environment, workload, passed_at desc) where passed_at is not null;
create index releases_held on releases (tenant, environment, workload) where held_by is not null;
create index releases_live on releases (tenant, environment, workload) where phase = 'live';

create table proposals (
  tenant     text   not null,
  id         text   not null,
  release    text   not null,
  state      text   not null,
  revision   bigint not null,
  opened_at  timestamptz not null,
  expires_at timestamptz not null,
  view       jsonb  not null,
  primary key (tenant, id)
);
comment on table proposals is 'Proposals as they are shown, from the streams of their releases.';
create index proposals_newest on proposals (tenant, opened_at desc, id desc);
create index proposals_open on proposals (expires_at) where state = 'open';

create table idempotency_keys (
  tenant         text        not null,
  caller         text        not null,
  key            text        not null,
  request_digest text        not null,
  status         integer     not null,
  headers        jsonb       not null,
  -- Text kept as it was sent: the first answer again means the same bytes.
  body           json        not null,
  answered_at    timestamptz not null default now(),
  primary key (tenant, caller, key)
);
comment on table idempotency_keys is 'The first answer under each key, written in the transaction of its effect; kept for seven days.';
create index idempotency_keys_by_age on idempotency_keys (answered_at);

do $$
declare
  a_table text;
begin
  foreach a_table in array array['releases', 'proposals', 'idempotency_keys'] loop
    execute format('alter table %I enable row level security', a_table);
    execute format('create policy %I on %I using (parapet_tenant_visible(tenant)) with check (parapet_tenant_visible(tenant))',
      a_table || '_tenant', a_table);
  end loop;
end $$;

grant select, insert, update on releases, proposals to parapet_release_control;
grant select, insert, delete on idempotency_keys to parapet_release_control;
grant select on releases, proposals to parapet_guardrail_evaluation, parapet_rollback_actuation;
