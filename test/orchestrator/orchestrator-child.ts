/** @module A process to kill: the orchestrator with its journal in the folder of the first argument. */
import { DiskJournal } from '../../server/store/journal/index.ts';
import { startServer } from './orchestrator-server.ts';

const [folder = ''] = process.argv.slice(2);
const say = (level: string) => (fields: object, message: string) => {
  process.stdout.write(`${JSON.stringify({ level, message, ...fields })}\n`);
};
const log = {
  debug: () => {},
  info: say('info'),
  warn: say('warn'),
  error: say('error'),
  child: () => log,
};
const { url } = await startServer({ journal: new DiskJournal({ folder }), log });
process.stdout.write(`${JSON.stringify({ level: 'info', message: 'listening', url })}\n`);
