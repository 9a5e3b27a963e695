-- When a record was last enrolled in an automation whose rule goes by that. Test runs enrol apart from live ones.
create table enrolments (
  workspace_id uuid not null,
  automation_id uuid not null,
  record_id uuid not null,
  mode text not null,                         -- live | test
  at timestamptz not null,
  run_id uuid not null,
  primary key (workspace_id, automation_id, record_id, mode)
);
create index enrolments_of_record on enrolments (workspace_id, record_id);

-- A record that goes, on whatever path, takes its enrolments along.
create function forget_enrolments() returns trigger language plpgsql as $$
begin
  delete from enrolments e using gone g where e.workspace_id = g.workspace_id and e.record_id = g.id;
  return null;
end $$;
create trigger records_forget_enrolments after delete on records
  referencing old table as gone for each statement execute function forget_enrolments();

-- Running an automation on records that are there already: on its way through them, chunk after chunk.
create table enlistments (
  workspace_id uuid not null,
  id uuid not null,
  automation_id uuid not null,
  object text not null,
  filters jsonb not null default '{}',
  most int,                                   -- records at most
  per_minute int,                             -- null: as fast as lane 2 goes
  status text not null,                       -- running | done | cancelled | failed
  total int,                                  -- records it will run on; null: too many to be counted in time
  started int not null default 0,             -- records handed over so far
  succeeded int not null default 0,           -- the runs of these that have ended, less what stands in enlistment_results
  skipped int not null default 0,
  failed int not null default 0,
  cancelled int not null default 0,
  after_id uuid,                              -- the last record that was looked at
  until_id uuid,                              -- the newest record when it began
  next_at timestamptz,                        -- when the next chunk is due; null: it has ended
  tries smallint not null default 0,
  created_by text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  error text,
  primary key (workspace_id, id)
);
create index enlistments_due on enlistments (next_at) where next_at is not null;
create index enlistments_of_automation on enlistments (workspace_id, automation_id, id desc);

-- How runs of enlistments ended, a row for each batch: batches never wait for each other to count.
create table enlistment_results (
  n bigint generated always as identity,
  workspace_id uuid not null,
  enlistment_id uuid not null,
  succeeded int not null,
  skipped int not null,
  failed int not null,
  cancelled int not null,
  primary key (workspace_id, enlistment_id, n)
);
