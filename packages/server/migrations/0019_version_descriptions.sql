-- A description is part of what a save changes, so it is compared and restored like the rest. Null: the version is older than this column.
alter table automation_versions add column description text;
