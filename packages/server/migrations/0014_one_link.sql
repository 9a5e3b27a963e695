-- One link that works for each purpose and person: two that were made at the same moment both worked, one after the other.
delete from setup_tokens t using setup_tokens newer
  where t.used_at is null and newer.used_at is null and newer.workspace_id = t.workspace_id and newer.purpose = t.purpose
    and lower(newer.email) is not distinct from lower(t.email)
    and (newer.expires_at, newer.token_hash) > (t.expires_at, t.token_hash);
create unique index setup_tokens_unused on setup_tokens (workspace_id, purpose, lower(coalesce(email, ''))) where used_at is null;
