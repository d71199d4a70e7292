import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a test's context offers that things needing a clean-up hold on to. */
export interface Cleaning {
  after(task: () => Promise<void> | void): void;
}

/**
 * A TCP port of the loopback interface that was free a moment ago. For programs that cannot be
 * told to take port 0; whatever can, should.
 */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** A new empty folder that is removed when the test file has run to its end. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
