/** Somebody else's judgement of the OpenAPI document. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeApi } from '../../server/app/api/document.ts';
import { everyRoute } from '../../server/app/api/every-route.test-support.ts';
import { judgeMissing } from '../support/component.ts';

const LINTER = join(import.meta.dirname, 'node_modules/@redocly/openapi-core/lib/index.js');
const need = judgeMissing(existsSync(LINTER) ? [] : ['test/openapi/node_modules'], process.env);

/** What of the linter is used. */
interface Linter {
  createConfig(settings: { extends: string[] }): Promise<unknown>;
  lintFromString(run: {
    source: string;
    config: unknown;
    absoluteRef: string;
  }): Promise<
    readonly { ruleId: string; message: string; location: readonly { pointer?: string }[] }[]
  >;
}

test('the OpenAPI document is without fault to a linter', need, async () => {
  const linter = (await import(LINTER)) as Linter;
  const config = await linter.createConfig({ extends: ['recommended'] });
  const lint = (document: object) =>
    linter.lintFromString({
      source: JSON.stringify(document),
      config,
      absoluteRef: 'openapi.json',
    });
  const document = describeApi(everyRoute(), '1.0.0');
  const found = await lint(document);
  const told = found.map(({ ruleId, message, location }) => [
    ruleId,
    message,
    location[0]?.pointer,
  ]);
  assert.deepEqual(told, []);
  // That it would have found something.
  assert.notEqual((await lint({ ...document, openapi: '3.1.0', info: {} })).length, 0);
});
