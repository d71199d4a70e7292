/** What the server is told, without its secrets, and how to make it read that anew. */
import { z } from 'zod';
import type { Clock } from '../../base/index.ts';
import { appendAudit, type Database } from '../../store/sql/index.ts';
import type { SettingView } from '../config/index.ts';
import type { ReloadOutcome } from '../configuration-reload.ts';
import { type ApiRoute, defineRoute } from './route.ts';
import { named } from './schema.ts';

/** The settings of the running server. */
export interface ConfigurationDesk {
  /** Every setting, without secrets. */
  view(): readonly SettingView[];
  /** Reads everything again; says itself in the log what came of it. */
  reload(): Promise<ReloadOutcome>;
}

const settingSchema = named(
  'Setting',
  z.object({
    name: z.string(),
    value: z.string().nullable(),
    source: z.enum(['flag', 'environment', 'file', 'default']),
    takesEffect: z.enum(['at once', 'next broadcast', 'restart']),
    awaitsRestart: z.boolean(),
  }),
);
const reloadSchema = named(
  'ConfigurationReload',
  z.object({
    applied: z.array(z.string()),
    needRestart: z.array(z.string()),
    isCertificateRead: z.boolean(),
  }),
);
const access = { action: 'settings.write' } as const;

/** The routes under `/api/configuration`. */
export function configurationRoutes(
  desk: ConfigurationDesk,
  { database, clock }: { readonly database: Database; readonly clock: Clock },
): readonly ApiRoute[] {
  const read = defineRoute({
    ...{ method: 'GET', path: '/api/configuration', operationId: 'getConfiguration' },
    ...{ tag: 'server', access, verb: 'read configuration' },
    summary: 'Every setting as it counts now; secrets are hidden',
    answers: { 200: z.object({ settings: z.array(settingSchema) }) },
    answer: async () => ({ status: 200, body: { settings: [...desk.view()] } }),
  });
  const reload = defineRoute({
    ...{ method: 'POST', path: '/api/configuration/reload', operationId: 'reloadConfiguration' },
    ...{ tag: 'server', access, verb: 'reload configuration' },
    summary: 'Reads .env and the certificate again, as SIGHUP does',
    description: 'Nothing is changed when one value is wrong.',
    problems: ['configuration_invalid'],
    answers: { 200: reloadSchema },
    answer: async ({ actor }) => {
      const outcome = await desk.reload();
      if (outcome.kind === 'refused') {
        const why = outcome.problems.join('; ');
        const detail = `Cannot reload configuration: ${why}`;
        return { refused: 'configuration_invalid', detail } as const;
      }
      const { applied, needRestart, isCertificateRead } = outcome;
      const changes = { applied: [...applied], needRestart: [...needRestart] };
      const at = new Date(clock.epochMs());
      const entry = { at, actor, action: 'configuration.reload', objectKind: 'configuration' };
      await appendAudit(database, { ...entry, objectId: null, changes });
      return { status: 200, body: { ...changes, isCertificateRead } };
    },
  });
  return [read, reload];
}
