-- The log's lists of skipped runs by automation and by record: an id is of one workspace, so these indexes do without it. A skipped run is
-- most of what an import leaves, and each byte of it counts a hundred times.
drop index runs_skipped_by_automation;
create index runs_skipped_by_automation on runs_skipped (automation_id, id);
drop index runs_skipped_by_record;
create index runs_skipped_by_record on runs_skipped (record_id, id);

-- Whose an address is, is asked before it is known which workspace asks. Behind the wall an index serves only what compares a column as it
-- is: a function such as lower() might tell of rows that aren't to be seen.
alter table users add column email_key text generated always as (lower(email)) stored;
create index users_by_address on users (email_key);
