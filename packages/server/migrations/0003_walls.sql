-- The second wall: PostgreSQL itself shows and takes only the rows of the workspace that a connection works for, whatever a
-- statement says. `kantos.workspace` is that workspace; `kantos.worker = on` belongs to those who work for all of them. A
-- connection with neither sees no row and writes none. The tables' owner is bound too; a superuser never is.

-- Raises the wall around one table. One that stands stays as it is, so nobody waits for a lock.
create function raise_wall(walled regclass) returns void language plpgsql as $$
declare
  key text := case when walled = to_regclass('workspaces') then 'id' else 'workspace_id' end;
  -- Reading a setting costs 0.1 µs a row; in a subquery it is read once, which costs 3 µs a statement. The latter suits tables of
  -- which a statement may read very many rows.
  wide boolean := walled::text ~ '^(records|runs)(_|$)';
  worker text := $e$current_setting('kantos.worker', true) = 'on'$e$;
  workspace text := $e$nullif(current_setting('kantos.workspace', true), '')::uuid$e$;
begin
  if exists (
    select from pg_class c join pg_policy p on p.polrelid = c.oid
    where c.oid = walled and c.relrowsecurity and c.relforcerowsecurity and p.polname = 'workspace'
  ) then
    return;
  end if;
  execute format('alter table %s enable row level security, force row level security', walled);
  execute format('drop policy if exists workspace on %s', walled);
  execute format(
    case when wide then 'create policy workspace on %s using ((select %s) or %I = (select %s))'
      else 'create policy workspace on %s using (%s or %I = %s)' end,
    walled, worker, key, workspace
  );
end $$;

-- Raises it around every table of ours that belongs to workspaces. A partition that is read by its own name needs its own.
create function raise_walls() returns void language sql as $$
  select raise_wall(c.oid) from pg_class c
  where c.relkind in ('r', 'p') and c.relpersistence <> 't' and pg_table_is_visible(c.oid)
    and pg_has_role(c.relowner, 'usage') and (
      c.oid = to_regclass('workspaces')
      or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped)
    )
$$;

-- Partitions of the month that holds `moment` and of the next `months` ones, each behind its wall.
create or replace function make_partitions(moment timestamptz, months int) returns void language plpgsql as $$
declare
  base text;
  start_at timestamptz;
  lower_id uuid;
  upper_id uuid;
  name text;
begin
  for i in 0..months loop
    start_at := date_trunc('month', moment at time zone 'UTC') at time zone 'UTC' + make_interval(months => i);
    lower_id := id_floor(start_at);
    upper_id := id_floor((date_trunc('month', start_at at time zone 'UTC') + interval '1 month') at time zone 'UTC');
    foreach base in array array['events', 'runs_done', 'runs_failed', 'runs_skipped', 'run_steps'] loop
      name := base || '_' || to_char(start_at at time zone 'UTC', 'YYYY_MM');
      if to_regclass(name) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)', name, base, lower_id, upper_id);
        perform raise_wall(name::regclass);
      end if;
    end loop;
  end loop;
end $$;

select raise_walls();
