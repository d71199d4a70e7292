/** @module Waits for what a page comes to show where no locator says it. */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { Page } from 'playwright-core';

/** Generous: what is waited for is an event, and this only ends a failing test. */
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 100;

/**
 * Waits until `look` holds. For pages `waitForFunction` is no way to do that: their policy forbids
 * the evaluation of what it was given, unless that holds at its first look.
 */
export async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await look())) {
    assert.ok(performance.now() < deadline, `${what}: not in time`);
    await wait(LOOK_EVERY_MS);
  }
}

/** Waits until an expression is true in the page: what it measures may settle a drawing later. */
export async function untilTrue(page: Page, what: string, expression: string): Promise<void> {
  await until(what, async () => (await page.evaluate(expression)) === true);
}

/** Waits until the page has a title. */
export async function untilTitle(page: Page, title: string): Promise<void> {
  await until(`the title "${title}"`, async () => (await page.title()) === title);
}
