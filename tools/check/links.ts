/** Documentation that points somewhere: each relative link and each heading it names must exist. */
import { posix } from 'node:path';
import { type Finding, lineAt, type SourceFile } from './finding.ts';

/** Checks the links of every Markdown file; `exists` answers for paths from the root. */
export function checkLinks(
  files: readonly SourceFile[],
  exists: (path: string) => boolean,
): Finding[] {
  const pages = files.filter(({ path }) => path.endsWith('.md'));
  const anchors = new Map(pages.map(({ path, text }) => [path, listAnchors(text)]));
  return pages.flatMap((page) => {
    const text = hideCode(page.text);
    return [...listTargets(text)].flatMap(({ target, offset }) => {
      const message = judge(page.path, target, { anchors, exists });
      return message === undefined
        ? []
        : [{ path: page.path, line: lineAt(text, offset), message }];
    });
  });
}

interface Known {
  readonly anchors: ReadonlyMap<string, ReadonlySet<string>>;
  readonly exists: (path: string) => boolean;
}

function judge(from: string, target: string, { anchors, exists }: Known): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [path = '', anchor] = decodeURI(target).split('#');
  const to = path === '' ? from : posix.join(posix.dirname(from), path).replace(/\/$/, '');
  if (to.startsWith('..') || path.startsWith('/')) return `Link "${target}" leaves the repository`;
  if (!exists(to)) return `Link "${target}" points to ${to}, which does not exist`;
  if (anchor === undefined || anchors.get(to) === undefined) return undefined;
  if (anchors.get(to)?.has(anchor)) return undefined;
  return `Link "${target}" names a heading that ${to} does not have`;
}

function* listTargets(text: string): Generator<{ target: string; offset: number }> {
  const inline = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
  const reference = /^\[[^\]]+\]:\s+(\S+)/gm;
  const html = /<(?:a|img)\s[^>]*?(?:href|src)="([^"]+)"/g;
  for (const pattern of [inline, reference, html]) {
    for (const hit of text.matchAll(pattern)) yield { target: hit[1] ?? '', offset: hit.index };
  }
}

/** The anchors that a heading gets: lower case, punctuation dropped, spaces to hyphens. */
function listAnchors(text: string): Set<string> {
  const anchors = new Set<string>();
  const counts = new Map<string, number>();
  const withoutFences = text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, blankOut);
  for (const hit of withoutFences.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const title = (hit[1] ?? '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  for (const hit of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(hit[1] ?? '');
  return anchors;
}

function hideCode(text: string): string {
  return text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, blankOut).replaceAll(/`[^`\n]*`/g, blankOut);
}

function blankOut(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ');
}
