import type { Pool } from '../../src/db/pool.ts'

/** Written beside the work: when a key, a session or a user was last seen. */
const TRACES = ['api_keys', 'sessions', 'users']
/** A refused login is counted there; that is what it is for. */
const COUNTS = 'login_tries'

export interface ChangeWatch {
  /** the tables that were written by committed statements since the last call; a rolled back write leaves nothing */
  take(): Promise<string[]>
}

/** Notes each row that is written, by triggers in a test's own database. */
export async function watchChanges(pool: Pool): Promise<ChangeWatch> {
  await pool.query(`
    create table test_changes (changed text not null);
    create function note_change() returns trigger language plpgsql as $$
      begin
        if tg_op = 'UPDATE' and tg_table_name = any('{${TRACES.join(',')}}') then return null; end if;
        insert into test_changes values (tg_table_name);
        return null;
      end $$;
    do $$ declare name text; begin
      for name in select c.oid::regclass::text from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname not in ('test_changes', '${COUNTS}')
      loop
        execute format('create trigger note_change after insert or update or delete on %s for each row execute function note_change()', name);
      end loop;
    end $$`)
  return {
    take: async () => {
      const { rows } = await pool.query<{ changed: string }>(
        `with gone as (delete from test_changes returning changed) select distinct changed from gone order by 1`,
      )
      return rows.map(({ changed }) => changed)
    },
  }
}
