-- Evidence is written once and goes as a whole when nobody may ask for it any more: no role can take a part of it away.
create function evaluation_forget(older_than_days integer) returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if older_than_days < 400 then
    raise exception 'evidence is kept 400 days' using errcode = '22023';
  end if;
  create temporary table forgotten on commit drop as
    select tenant, release from evaluation_watch
     where not is_open and clock_ms < (extract(epoch from now()) - older_than_days * 86400.0) * 1000;
  delete from evaluation_input i using forgotten f where i.tenant = f.tenant and i.release = f.release;
  delete from evaluation_verdict v using forgotten f where v.tenant = f.tenant and v.release = f.release;
  delete from evaluation_watch w using forgotten f where w.tenant = f.tenant and w.release = f.release;
end $$;
revoke all on function evaluation_forget(integer) from public;
grant execute on function evaluation_forget(integer) to parapet_guardrail_evaluation;
