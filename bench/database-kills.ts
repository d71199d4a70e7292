/**
 * Kills a process that writes to PGlite a thousand times, or as often as the first argument says,
 * and fails when a start finds less than what was acknowledged.
 */
import { argv, stdout } from 'node:process';
import { killWriters } from '../test/support/database-killing.ts';
import { tempFolder } from '../test/support/place.ts';

const KILLS_DEFAULT = 1000;
const REPORT_EVERY = 50;

const wanted = Number(argv[2] ?? KILLS_DEFAULT);
const startedMs = performance.now();
const result = await killWriters(tempFolder(), wanted, ({ kills, acknowledged }) => {
  if (kills % REPORT_EVERY === 0) {
    stdout.write(`${kills} kills, ${acknowledged} transactions acknowledged\n`);
  }
});
const minutes = (performance.now() - startedMs) / 60_000;
stdout.write(
  `${result.kills} kills in ${minutes.toFixed(1)} min: all of ${result.acknowledged} ` +
    'acknowledged transactions are there\n',
);
