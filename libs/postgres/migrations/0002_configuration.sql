-- Configuration: immutable revisions of documents, written by release-control, read by everybody.

create table configuration_heads (
  tenant   text   primary key,
  revision bigint not null
);
comment on table configuration_heads is 'The newest revision of each tenant; its row lock gives out the next.';

create table configuration_revisions (
  tenant     text        not null,
  kind       text        not null,
  name       text        not null,
  revision   bigint      not null,
  -- Null where this revision removes the document.
  spec       jsonb,
  digest     text,
  applied_by jsonb       not null,
  applied_at timestamptz not null default now(),
  primary key (tenant, kind, name, revision),
  check ((spec is null) = (digest is null))
);
create trigger configuration_append_only before update or delete or truncate on configuration_revisions
  for each statement execute function parapet_append_only();

-- With the caller's rights, so that the tables' row-level security holds through the view.
create view configuration_current with (security_invoker = true) as
  select tenant, kind, name, revision, spec, digest
    from (select distinct on (tenant, kind, name) * from configuration_revisions order by tenant, kind, name, revision desc) newest
   where spec is not null;

alter table configuration_heads enable row level security;
alter table configuration_revisions enable row level security;
create policy configuration_heads_tenant on configuration_heads
  using (parapet_tenant_visible(tenant)) with check (parapet_tenant_visible(tenant));
create policy configuration_revisions_tenant on configuration_revisions
  using (parapet_tenant_visible(tenant)) with check (parapet_tenant_visible(tenant));

grant select on configuration_heads, configuration_revisions, configuration_current to
  parapet_metrics_ingestion, parapet_kpi_probing, parapet_guardrail_evaluation, parapet_release_control, parapet_rollback_actuation;
grant insert, update on configuration_heads to parapet_release_control;
grant insert on configuration_revisions to parapet_release_control;
