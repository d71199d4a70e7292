import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from './finding.ts';

/** Kinds of file that people write and checks read. */
const TEXT =
  /(\.(tsx?|mjs|js|css|html|md|json|ya?ml|sh|conf)|(^|\/)(Dockerfile|\.env\.example|\.ci\/run))$/;
/** Written by machines. */
const GENERATED = /(^|\/)(package-lock\.json|dist\/.*)$|^test\/fuzz\/corpus\//;

/** Every text file of the work tree that git tracks or would track, in order of its path. */
export function readRepository(root: string): SourceFile[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '-z'],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const paths = listed.split('\0').filter((path) => TEXT.test(path) && !GENERATED.test(path));
  const present = paths.filter((path) => existsSync(join(root, path)));
  return present.sort().map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}
