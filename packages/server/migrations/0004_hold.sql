-- A workspace on hold: nothing of it is taken up, and nothing leaves, until somebody releases it.
create table holds (
  workspace_id uuid primary key references workspaces on delete cascade,
  at timestamptz not null default clock_timestamp(),
  reason text not null,                       -- restore | operator
  held_by text,                               -- user_… | key_…; null: the command line
  note text
);

-- What was captured is removed by its age
create index captured_emails_by_age on captured_emails (workspace_id, at);
