-- Up to where each KPI of each probe has been measured and published; the next window begins there.

create table probe_cursor (
  tenant      text        not null,
  environment text        not null,
  workload    text        not null,
  probe       text        not null,
  kpi         text        not null,
  measured_to timestamptz not null,
  primary key (tenant, environment, workload, probe, kpi)
);
comment on table probe_cursor is 'The end of the last published window; moved only after the stream has confirmed its samples.';

alter table probe_cursor enable row level security;
create policy probe_cursor_tenant on probe_cursor
  using (parapet_tenant_visible(tenant)) with check (parapet_tenant_visible(tenant));

grant select, insert, update on probe_cursor to parapet_kpi_probing;
