-- Tests, and what was cancelled or blocked, of one automation: found without reading those of the others. Other rows pay nothing.
create index runs_live_test_of on runs_live (workspace_id, automation_id, id) where mode = 'test';
create index runs_done_test_of on runs_done (workspace_id, automation_id, id) where mode = 'test';
create index runs_failed_test_of on runs_failed (workspace_id, automation_id, id) where mode = 'test';
create index runs_skipped_test_of on runs_skipped (automation_id, id) where mode = 'test';
create index runs_done_cancelled_of on runs_done (workspace_id, automation_id, id) where status = 'cancelled';
create index runs_failed_blocked_of on runs_failed (workspace_id, automation_id, id) where status = 'blocked';

-- A list of one automation's runs, newest first, can be read from its own index, or from that of all runs, leaving out the others'. The latter
-- is taken when few automations have many runs each, and then reads the whole log for one that has none. So PostgreSQL is told that each
-- automation, record and cause has few rows, whatever it counts.
create function expect_few(of_table regclass) returns void language plpgsql as $$
declare
  name text;
begin
  for name in select attname from pg_attribute
    where attrelid = of_table and attname in ('automation_id', 'record_id', 'cause') and not attisdropped
  loop
    execute format('alter table %s alter column %I set (n_distinct = %s)', of_table, name,
      case name when 'record_id' then -0.5 else -0.05 end);
  end loop;
end $$;

do $$
declare
  name regclass;
begin
  for name in select relid from unnest(array['runs', 'events', 'dead_letters']) as top
    cross join lateral pg_partition_tree(top::regclass) where isleaf
  loop
    perform expect_few(name);
    execute format('analyze %s', name);
  end loop;
end $$;

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
        perform expect_few(name::regclass);
      end if;
    end loop;
  end loop;
end $$;
