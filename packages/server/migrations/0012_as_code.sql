-- The name under which a thing stands in files, on whichever installation: given by the first `automations pull` or by a file.
alter table automations add column key text;
alter table email_templates add column key text;
create unique index automations_by_key on automations (workspace_id, key) where key is not null and deleted_at is null;
create unique index email_templates_by_key on email_templates (workspace_id, key) where key is not null;
