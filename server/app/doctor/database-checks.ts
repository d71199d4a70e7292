import { join } from 'node:path';
import {
  DatabaseUnavailableError,
  findFolderProblem,
  inspectPostgres,
} from '../../store/sql/index.ts';
import { redact } from '../log/index.ts';
import { secretsOf } from '../secrets.ts';
import { type Check, fail, ok, warn } from './check.ts';

/** The SQL needs nothing newer. */
const OLDEST_MAJOR = 15;

/** Whether the database can be used. That of another process is asked; one in a folder is not opened. */
export async function databaseChecks(
  url: string | undefined,
  folder: { readonly path: string; readonly state: 'writable' | 'in use' | 'unusable' },
): Promise<readonly Check[]> {
  if (url !== undefined) return postgresChecks(url);
  if (folder.state === 'unusable') {
    return [warn('database', 'the database in DATA_DIR was not looked at', 'mend DATA_DIR')];
  }
  const problem = findFolderProblem(join(folder.path, 'database'));
  if (problem !== undefined) {
    return [fail('database', problem, 'start the Millrace that made it, or move the folder away')];
  }
  const use = folder.state === 'in use' ? 'in use by the Millrace that is running' : 'not in use';
  return [ok('database', `inside DATA_DIR, ${use}`)];
}

async function postgresChecks(url: string): Promise<readonly Check[]> {
  try {
    const { version, major, pending, foreign } = await inspectPostgres(url);
    const seen = `PostgreSQL ${version} answers`;
    const server =
      major >= OLDEST_MAJOR
        ? ok('database', seen)
        : fail('database', `${seen}, ${OLDEST_MAJOR} is needed`, 'upgrade the server');
    return [server, migrationCheck(pending, foreign)];
  } catch (error) {
    if (!(error instanceof DatabaseUnavailableError)) throw error;
    const said = withoutSecrets(error.message, url);
    const remedy = 'start the server, or correct host, name and password in DATABASE_URL';
    return [fail('database', `PostgreSQL at ${hostOf(url)} gives no answer (${said})`, remedy)];
  }
}

function migrationCheck(pending: readonly string[], foreign: readonly string[]): Check {
  if (foreign.length > 0) {
    const seen = `the database has migrations of another version: ${foreign.join(', ')}`;
    return fail('migrations', seen, 'start the version that made them, or restore a backup');
  }
  const next =
    pending.length === 0 ? 'current' : `${pending.length} to be applied by the next start`;
  return ok('migrations', next);
}

function hostOf(url: string): string {
  return new URL(url).host || 'this machine';
}

function withoutSecrets(text: string, url: string): string {
  const secrets = secretsOf({ API_TOKEN: undefined, DATABASE_URL: url, REDIS_URL: undefined });
  return redact(secrets.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text));
}
