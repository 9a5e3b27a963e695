-- Tries to log in, counted by all processes together, over restarts. A key is a SHA-256: of an address of the net, of an account, or
-- of both; and of both once more, with no tries, where a login succeeded of late. It belongs to no workspace: who asks isn't known yet.
create table login_tries (
  key bytea primary key,
  tries int not null,
  ends_at timestamptz not null
);
create index login_tries_by_end on login_tries (ends_at);
-- Behind the wall all the same: no request that is somebody's has anything to look for here.
alter table login_tries enable row level security, force row level security;
create policy worker on login_tries using (current_setting('kantos.worker', true) = 'on');
