import type { Check } from './check.ts';
import type { Diagnosis, Holding } from './examine.ts';

const LABEL_WIDTH = 13;

/** A diagnosis for people; a label of a kind stands in its first line. */
export function writeDiagnosis(diagnosis: Diagnosis): string {
  const { version, node, ffmpeg, families, machine, holds, checks } = diagnosis;
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['Millrace', [version]],
    ['Node.js', [node]],
    ['FFmpeg', [`${ffmpeg.version ?? 'does not run'} (${ffmpeg.path})`]],
    ['Encoders', [ffmpeg.encoders.join(', ') || 'none']],
    [
      'Devices',
      families.map(({ family, works, problem }) => {
        return `${family.padEnd(10)}${works ? 'works' : `no: ${problem}`}`;
      }),
    ],
    ['Machine', [`${machine.processor}, ${machine.cores} cores`]],
    [
      'Rungs',
      machine.rungs.map(({ name, coresAt30Fps, framesPerSecond }) => {
        return `${name.padEnd(10)}${coresAt30Fps.toFixed(2)} cores at 30 fps, ${framesPerSecond} fps at most`;
      }),
    ],
    ['TRANSCODE', [diagnosis.transcode]],
    ['  auto makes', holds.map(holdingLine)],
    ['Checks', checks.map(checkLine)],
  ];
  const lines = sections.flatMap(([label, texts]) =>
    texts.map((text, index) => `  ${(index === 0 ? label : '').padEnd(LABEL_WIDTH)}${text}`),
  );
  const end = [
    ...complaints('Problems', checks, 'fail'),
    ...complaints('Warnings', checks, 'warn'),
  ];
  return ['', ...lines, '', ...(end.length === 0 ? ['All is well.'] : end), ''].join('\n');
}

function checkLine({ name, outcome, seen }: Check): string {
  return `${outcome.padEnd(6)}${name.padEnd(14)}${seen}`;
}

function complaints(
  title: string,
  checks: readonly Check[],
  outcome: Check['outcome'],
): readonly string[] {
  const found = checks.filter((check) => check.outcome === outcome);
  if (found.length === 0) return [];
  return [`${title}:`, ...found.map(({ seen, remedy }) => `  ${seen}: ${remedy}`)];
}

function holdingLine({ source, rungs, leftOut }: Holding): string {
  const without = leftOut.length === 0 ? '' : `, without ${leftOut.join(', ')}`;
  return `${source.padEnd(10)}${rungs.join(', ') || 'nothing'}${without}`;
}
