import { type ComponentName, findComponent } from '../../tools/bootstrap/component.mjs';

export { freePort, tempFolder } from './place.ts';

/** Options for `test()`: empty, or the reason why the test is left out. */
export interface Need {
  readonly skip?: string;
}

/**
 * Options of a test that needs programs npm cannot bring: `test('…', needs('ffmpeg'), …)`. On a
 * laptop a missing one skips the test by name; under CI=true it is an error.
 */
export function needs(...names: readonly ComponentName[]): Need {
  return judgeMissing(
    names.filter((name) => findComponent(name) === undefined),
    process.env,
  );
}

/** The path of a component that the test's `needs` has asked for; throws when it is missing. */
export function pathOf(name: ComponentName): string {
  const path = findComponent(name);
  if (path === undefined) throw new Error(`Cannot run this test: ${name} is missing`);
  return path;
}

/** What a test does without these components. */
export function judgeMissing(missing: readonly string[], env: NodeJS.ProcessEnv): Need {
  if (missing.length === 0) return {};
  const reason = `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing`;
  if (env.CI === 'true') throw new Error(`Cannot leave out a test under CI=true: ${reason}`);
  return { skip: reason };
}
