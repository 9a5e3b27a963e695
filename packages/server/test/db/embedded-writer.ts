// A process that starts the database in the folder given, commits row after row, and prints each number once it is
// committed. The first line is the process number of the server. It goes on until it is killed.
import pg from 'pg'
import { startEmbedded } from '../../src/db/embedded/start.ts'

const { url, superuserUrl } = await startEmbedded({ dataDir: process.argv[2] ?? '' })
const superuser = new pg.Client(superuserUrl)
await superuser.connect()
const { rows } = await superuser.query(
  `select split_part(pg_read_file('postmaster.pid'), e'\\n', 1) as pid, current_setting('fsync') as fsync`,
)
console.log(rows[0].fsync === 'on' ? rows[0].pid : 'fsync is off')
const client = new pg.Client(url)
await client.connect()
await client.query('create table if not exists written (n integer primary key)')
for (let n = 1; ; n++) {
  await client.query('insert into written values ($1)', [n])
  console.log(n)
}
