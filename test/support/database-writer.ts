/**
 * Writes to the database in a folder until it is killed, and prints each number once its
 * transaction is acknowledged. Started with the folder and the highest number that an earlier one
 * has acknowledged, all of which must be there, each with its other half.
 */
import { argv, stdout } from 'node:process';
import { silentLog, systemClock } from '../../server/base/index.ts';
import { type Databases, openDatabases } from '../../server/store/sql/index.ts';

const [, , folder = '', acknowledged = '0'] = argv;

const { control } = await openDatabases({ folder, log: silentLog, clock: systemClock });
await control.query(
  'create table if not exists halves (id integer primary key, other integer not null unique)',
);
const first = (await checkKept(control)) + 1;
stdout.write(`going on at ${first}\n`);
for (let id = first; ; id += 1) {
  await control.transaction(async (transaction) => {
    await transaction.query('insert into halves values ($1, $2)', [id, -id]);
    await transaction.query('insert into halves values ($1, $2)', [-id, id]);
  });
  stdout.write(`${id}\n`);
}

async function checkKept(database: Databases['control']): Promise<number> {
  const [row] = await database.query<{ highest: number; found: number; whole: boolean }>(
    `select coalesce(max(id), 0) as highest,
       count(*) filter (where id between 1 and $1::integer) as found,
       coalesce(sum(id), 0) = 0 as whole
     from halves`,
    [acknowledged],
  );
  if (row?.found !== Number(acknowledged)) {
    throw new Error(`${acknowledged} were acknowledged, ${row?.found} are there`);
  }
  if (!row.whole) throw new Error('A transaction was kept in part');
  return row.highest;
}
