-- Up to where each signal of each asked source has been asked: of the present, and of the past that fills its baseline.

create table query_cursor (
  tenant     text        not null,
  source     text        not null,
  signal     text        not null,
  -- Where the past ends and the present begins: when the signal was first seen.
  began_at   timestamptz not null,
  asked_to   timestamptz not null,
  filled_to  timestamptz not null,
  primary key (tenant, source, signal)
);
comment on table query_cursor is 'Moved only after the stream has confirmed the samples; the past is filled where filled_to has reached began_at, and never again.';

alter table query_cursor enable row level security;
create policy query_cursor_tenant on query_cursor
  using (parapet_tenant_visible(tenant)) with check (parapet_tenant_visible(tenant));

grant select, insert, update on query_cursor to parapet_metrics_ingestion;
